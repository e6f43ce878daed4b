import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark.checks import csv_table, verdict_rows
from benchmark.errors import UserError

HEAD = "images_per_class,seed,scratch,pretrained"


@pytest.fixture
def save(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def refusal(path) -> UserError:
    with pytest.raises(UserError) as caught:
        verdict_rows.read(path)
    return caught.value


def values(path):
    return [(r.images_per_class, r.seed, r.scratch, r.pretrained) for r in verdict_rows.read(path)]


@pytest.mark.parametrize(
    "text",
    [
        "images_per_class;seed;scratch;pretrained\n5;0;0,61;0,73",
        "images_per_class;seed;scratch;pretrained\r\n5;0;0.61;0.73\r\n",
        "sep=;\nimages_per_class;seed;scratch;pretrained\n5;0;,61;,73",
        "images_per_class\tseed\tscratch\tpretrained\n5\t0\t0,61\t0,73",
        "images_per_class|seed|scratch|pretrained\n5|0|0.61|0.73",
        f'{HEAD}\n5,0,"0,61","0,73"',
        f"{HEAD}\n5,0,61%,73 %",
        "images_per_class;seed;scratch;pretrained\n5;0;61,0%;73,0 %",
        "Images per class, SEED ,Scratch,PRETRAINED\n5,0,.61,.73",
        '"Images-Per-Class","Seed","Scratch","Pretrained"\n"5","0","0.61","0.73"',
        f"# {HEAD}\n5.000e+00,0.000e+00,6.1e-01,7.3e-01",
        f",,,\n{HEAD},\n5,0,0.61,0.73,,\n,,,\n",
        f"{HEAD}\r5,0,0.61,0.73\r",
    ],
)
def test_common_dialects_of_csv_mean_the_same(save, text):
    assert values(save(text)) == [(5, 0, 0.61, 0.73)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_header(save, encoding):
    assert values(save(f"{HEAD}\n5,0,0.61,0.73\n", encoding)) == [(5, 0, 0.61, 0.73)]


def test_long_seeds_stay_apart(save):
    text = f"{HEAD}\n5,9007199254740992,0.5,0.6\n5,9007199254740993,0.5,0.6\n"
    assert [row.seed for row in verdict_rows.read(save(text))] == [2**53, 2**53 + 1]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (f"{2**64},0,0.5,0.6", f"images_per_class is {2**64}, more than 1000000000"),
        (f"5,{2**64},0.5,0.6", f"seed is {2**64}, more than"),
        ("1e400,0,0.5,0.6", "images_per_class is 1e400, more than"),
        ("inf,0,0.5,0.6", "images_per_class is 'inf', not a whole number"),
        ("1.000,0,0.5,0.6", "without a separator of thousands"),
        ('"1,000",0,0.5,0.6', "without a separator of thousands"),
        ("1_0,0,0.5,0.6", "images_per_class is '1_0', not a number"),
        ("5,0,0.61%,0.73%", "scratch is 0.61%, which may mean 0.61 or 0.61 / 100"),
        ("5,0,161%,73%", "scratch is 161%, not between 0 and 1"),
        ('5,0,"1.234,5",0.5', "scratch is '1.234,5', not a number"),
        ("5,0,0,61,0,73", "decimal commas? separate the cells by semicolons"),
        (f"5,0,{'x' * 100_000},0.5", "not a number"),
    ],
)
def test_what_may_mean_two_things_or_nothing_is_refused(save, row, says):
    error = refusal(save(f"{HEAD}\n{row}\n"))
    assert error.line == 2
    assert says in str(error)
    assert len(str(error)) < 500


def test_every_bad_cell_of_a_row_is_named(save):
    error = refusal(save(f"{HEAD}\n0,a,2,-1\n"))
    assert all(f"{name} is" in str(error) for name in HEAD.split(","))


def test_a_forgotten_percent_sign_is_not_taken_for_a_share(save):
    error = refusal(save(f"{HEAD}\n5,0,61%,73%\n5,1,0.9,75%\n"))
    assert (error.line, "line 2 has a percent sign" in str(error)) == (3, True)


def rows_of_two(name):
    rows = [
        f"{net},{n},{s},0.5,0.6,{n * s}" for net in ("r18", "r50") for n in (1, 2) for s in (0, 1)
    ]
    return "\n".join([f"{name},{HEAD},seconds", *rows])


def test_a_column_unknown_that_tells_two_networks_apart_is_named(save):
    error = refusal(save(rows_of_two("net")))
    assert "column 'net'" in str(error)
    assert "'r18', 'r50'" in str(error)


@pytest.mark.parametrize("name", ["backbone", "Model"])
def test_rows_of_two_networks_know_theirs(save, name):
    rows = verdict_rows.read(save(rows_of_two(name)))
    column = name.lower()
    assert [row.names for row in rows] == [((column, "r18"),)] * 4 + [((column, "r50"),)] * 4


def test_two_tasks_are_not_pooled_even_where_no_row_repeats(save):
    rows = verdict_rows.read(save(f"task,{HEAD}\nbees,1,0,0.5,0.6\nants,2,0,0.5,0.6\n"))
    assert [row.names for row in rows] == [(("task", "bees"),), (("task", "ants"),)]


def test_a_column_that_is_another_in_each_row_does_not_explain_repeated_rows(save):
    rows = [f"1,0,0.5,0.6,{second}" for second in range(4)]
    assert "repeats images_per_class 1" in str(refusal(save("\n".join([f"{HEAD},seconds", *rows]))))


def test_the_same_row_twice_is_named_as_a_repeat(save):
    error = refusal(save(f"{HEAD}\n5,0,0.5,0.6\n5,0,0.5,0.6\n"))
    assert "repeats images_per_class 5, seed 0 of line 2" in str(error)


def test_an_open_quotation_mark_does_not_swallow_the_rows_below(save):
    error = refusal(save(f'note,{HEAD}\nx,5,0,0.5,0.6\n"x,5,1,0.5,0.6\nx,5,2,0.5,0.6\n'))
    assert (error.line, "quotation mark" in str(error)) == (3, True)


def test_a_file_too_long_for_a_table_of_accuracies_is_refused(save, monkeypatch):
    monkeypatch.setattr(csv_table, "MOST_BYTES", 10)
    assert "more than" in str(refusal(save(HEAD)))


def test_a_grid_too_long_to_judge_is_refused(save):
    rows = [f"{n},0,0.5,0.6" for n in range(1, verdict_rows.MOST_SIZES + 2)]
    assert "1001 different" in str(refusal(save("\n".join([HEAD, *rows]))))


CELLS = st.sampled_from(
    ["5", "0", "0.5", "0,5", "50%", "nan", "-inf", str(2**64), "", "1e9", '"', "é"]
)
TABLES = st.lists(st.lists(CELLS, max_size=6), max_size=5)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES, st.sampled_from(csv_table.SEPARATORS))
def test_any_table_is_read_or_refused_in_words(save, table, separator):
    text = "\n".join(separator.join(row) for row in [HEAD.split(","), *table])
    try:
        rows = verdict_rows.read(save(text))
    except UserError:
        return
    assert all(0 <= row.scratch <= 1 and math.isfinite(row.pretrained) for row in rows)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_words(tmp_path, content):
    (tmp_path / "any.csv").write_bytes(content)
    refusal(tmp_path / "any.csv")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("5,0,0.5,1.2", "pretrained is 1.2, not between 0 and 1"),
        ("5,0,-0.1,0.5", "scratch is -0.1"),
        ("5,0,93.1,0.5", "divide by 100"),
        ("5,0,nan,0.5", "scratch is nan"),
        ("5,0,0.5,inf", "pretrained is inf"),
        ("5,0,,0.5", "scratch is missing"),
        ("5,0,0.5", "pretrained is missing"),
        ("5,0,0.5,good", "pretrained is 'good', not a number"),
        ("0,0,0.5,0.5", "images_per_class is 0, less than 1"),
        ("five,0,0.5,0.5", "images_per_class is 'five'"),
        ("2.5,0,0.5,0.5", "images_per_class is '2.5', not a whole number"),
        ("5,a,0.5,0.5", "seed is 'a'"),
        ("5,0,0.5,0.5,7", "has 5 cells, the header 4"),
        ("2,1,0.5,0.5", "repeats images_per_class 2, seed 1 of line 2"),
    ],
)
def test_a_bad_row_is_named_by_its_line(save, row, says):
    error = refusal(save(f"{HEAD}\n2,1,0.5,0.6\n\n{row}\n"))
    assert error.line == 4
    assert says in str(error)
    assert error.mend


@pytest.mark.parametrize("count", ["0", "-5", "many", "", "1.5"])
def test_a_bad_number_of_test_images_is_named(save, count):
    error = refusal(save(f"{HEAD},n_test\n5,0,0.5,0.6,{count}\n"))
    assert (error.line, "n_test" in error.what) == (2, True)


def test_all_bad_rows_are_reported_at_once_up_to_ten(save):
    error = refusal(save("\n".join([HEAD, *(f"5,{seed},2,0.5" for seed in range(12))])))
    assert "line 11:" in str(error)
    assert "line 12:" not in str(error)
    assert "and 2 more" in str(error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (HEAD, "no results"),
        ("images_per_class,seed,pretrained\n5,0,0.5", "lacks the column scratch"),
        ("images_per_class,seed,scratch,pretraned\n5,0,0.5,0.5", "did you mean 'pretraned'"),
        (f"{HEAD},seed\n5,0,0.5,0.5,1", "column seed twice"),
    ],
)
def test_a_file_without_what_it_takes_is_refused(save, text, says):
    path = save(text)
    error = refusal(path)
    assert says in str(error)
    assert error.where == str(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in str(refusal(tmp_path / "none.csv"))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\xff\xfe\x00\x81\x00")
    assert "not a CSV" in str(refusal(path))
