from benchmark.tasks import unused
from benchmark.tasks.unused import Unused


def test_files_are_joined_by_reason_folder_and_ending():
    found = [Unused(f"a/{i}.TXT", "why") for i in range(5)] + [Unused("b.md", "why")]
    assert unused.lines(found) == (
        "not used: 5 .txt files in a/ (0.TXT, 1.TXT, 2.TXT, ...): why",
        "not used: b.md: why",
    )


def test_many_lines_are_cut():
    lines = unused.lines(Unused(f"{i}/x.md", "why") for i in range(40))
    assert (len(lines), lines[-1]) == (13, "28 more files are not used")


def test_names_cannot_steer_a_terminal():
    (line,) = unused.lines([Unused("a/\x1b[2J\n.txt", "why")])
    assert line == r"not used: \x1b[2J\n.txt in a/: why"
