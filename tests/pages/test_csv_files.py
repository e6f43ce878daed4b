import csv
import dataclasses
import io

import pytest
from toy import curve, failed, record

from benchmark import files
from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of
from benchmark.pages import csv_files
from benchmark.pages.csv_files import Column


@pytest.fixture
def board():
    scratch, probe = curve("scratch", {1: 0.4, 10: 0.6}), curve("probe", {1: 0.8, 10: 0.9})
    (one,) = boards(map(score_of, [*scratch, *probe, failed(seed=7)]))
    return one


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_has_a_row_for_each_arm(board):
    scratch, probe = rows_of(csv_files.leaderboard([board]))
    assert (scratch["arm"], scratch["verdict"], scratch["gain_at_1"]) == ("scratch", "", "")
    assert (probe["arm"], probe["verdict"]) == ("probe", "helps_throughout")
    assert (scratch["pretrained_on"], probe["pretrained_on"]) == ("nothing", "unknown")
    assert float(probe["gain_at_1"]) == pytest.approx(0.4, abs=0.1)
    assert probe["gain_at_100"] == ""
    assert (scratch["records"], scratch["failed"], scratch["fewest_seeds"]) == ("7", "1", "3")


@pytest.mark.parametrize(
    ("recipe", "images"),
    [({}, "0"), ({"pretraining_images": "subset"}, "30"), ({"pretraining_images": "all"}, "24")],
)
def test_images_that_were_seen_without_their_labels_are_counted(recipe, images):
    records = [record(n=10, recipe={"tuning_labels": 0} | recipe)]
    (row,) = rows_of(csv_files.leaderboard(boards(map(score_of, records))))
    assert (row["labels_at_largest_n"], row["unlabelled_at_largest_n"]) == ("30", images)


def test_the_curves_have_a_row_for_each_n(board):
    rows = rows_of(csv_files.curves([board]))
    assert [(r["arm"], r["images_per_class"]) for r in rows] == [
        ("scratch", "1"),
        ("scratch", "10"),
        ("probe", "1"),
        ("probe", "10"),
    ]


def test_gains_follow_the_grid_of_the_task_whatever_it_is():
    records = [*curve("scratch", {3: 0.4, 8: 0.6}), *curve("probe", {3: 0.8, 8: 0.9})]
    (board,) = boards(map(score_of, records))
    scratch, probe = rows_of(csv_files.leaderboard([board]))
    assert {probe[f"gain_at_{n}"] for n in csv_files.GAIN_COLUMNS_AT} == {""}
    curves = {r["images_per_class"]: r for r in rows_of(csv_files.curves([board]))[2:]}
    for n, end in (("3", "smallest"), ("8", "largest")):
        for side in ("", "_low", "_high"):
            shown = probe[f"gain_at_{end}_n{side}"]
            assert shown == curves[n][f"gain{side}"] != ""
    assert scratch["gain_at_smallest_n"] == ""


def test_rows_of_several_image_sizes_are_told_apart():
    large = dataclasses.replace(record().data, image_size=64, test_images=200)
    found = boards(
        map(score_of, [*curve("scratch", {1: 0.4}), *curve("scratch", {1: 0.4}, data=large)])
    )
    for text in (csv_files.leaderboard(found), csv_files.curves(found)):
        assert [row["image_size"] for row in rows_of(text)] == ["16", "64"]


def test_the_pairs_have_a_row_for_each_gain_in_full_digits(board):
    rows = rows_of(csv_files.pairs([board]))
    assert len(rows) == 6
    pair = board.comparisons["probe"].pairs[0]
    assert (rows[0]["arm"], rows[0]["n_test"]) == ("probe", "200")
    assert float(rows[0]["pretrained"]) - float(rows[0]["scratch"]) == pair.gain
    assert float(rows[0]["disagree"]) == pair.disagree


def test_without_rows_there_is_no_csv():
    assert csv_files.leaderboard([]) == csv_files.curves([]) == ""


def test_a_text_that_a_spreadsheet_would_run_is_marked_as_text_and_numbers_are_not(board):
    strange = dataclasses.replace(board, task='=cmd|"/c calc"!A1', backbone="-net")
    (row, *_) = rows_of(csv_files.leaderboard([strange]))
    assert (row["task"], row["backbone"]) == ('\'=cmd|"/c calc"!A1', "'-net")
    assert files._cell(-0.5) == "-0.5000"


COLUMNS = (
    Column("a", "the margin; see b", str, explained_after="b"),
    Column("b", "what is seen", str),
    Column("c", "data", str),
    Column("x_at_1_low", "at both N", str),
    Column("x_at_10_low", "at both N", str),
    Column("d", "data", str),
)


def test_columns_with_one_meaning_are_explained_together_where_the_last_of_them_stands():
    assert csv_files.explained(COLUMNS) == [
        ("`b`", "what is seen"),
        ("`a`", "the margin; see b"),
        ("`x_at_N_low`", "at both N"),
        ("`c`, `d`", "data"),
    ]


def test_every_column_has_a_name_of_its_own():
    for columns in (csv_files.LEADERBOARD, csv_files.CURVES):
        assert len({column.name for column in columns}) == len(columns)


def test_failed_trials_are_counted():
    (board,) = boards(map(score_of, [failed(), record("probe")]))
    assert rows_of(csv_files.leaderboard([board]))[0]["failed"] == "1"
