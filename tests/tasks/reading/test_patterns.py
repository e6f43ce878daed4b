import pytest

from benchmark.tasks.reading import patterns

FILES = ["a/1.png", "a/b/2.png", "a/b/3.jpg", "c/[x]/4.png", "d.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*.png", ["a/1.png"]),
        ("a/**", ["a/1.png", "a/b/2.png", "a/b/3.jpg"]),
        ("**", FILES),
        ("**/*.png", ["a/1.png", "a/b/2.png", "c/[x]/4.png", "d.png"]),
        ("*/*/*.png", ["a/b/2.png", "c/[x]/4.png"]),
        ("a/**/3.jpg", ["a/b/3.jpg"]),
        ("a", ["a/1.png", "a/b/2.png", "a/b/3.jpg"]),
        ("./a/b/2.png", ["a/b/2.png"]),
        ("c/[[]x]/?.png", ["c/[x]/4.png"]),
        ("c/[[]x]", ["c/[x]/4.png"]),
        ("c/[[]x]/4.png", ["c/[x]/4.png"]),
        ("*.jpg", []),
        ("b", []),
    ],
)
def test_patterns_mean_files(pattern, expected):
    assert patterns.matching(pattern, FILES) == expected


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("a/b/*.png", "a/b"),
        ("*/x", "."),
        ("a/x", "a/x"),
        ("./a/**", "a"),
        ("c/[[]x]/*/d", "c/[x]"),
        ("c/[x]/*", "c"),
    ],
)
def test_the_fixed_part_ends_before_the_first_star(pattern, base):
    assert patterns.fixed_base(pattern) == base
