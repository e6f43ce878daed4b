"""What the suite says of its own records, it says of the same accuracies in a file."""

import csv
import io

import pytest

from benchmark.checks import verdict_file
from benchmark.defaults import RECORDED
from benchmark.harness.judged import judged
from benchmark.pages import csv_files
from benchmark.records import store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def boards():
    return judged(store.load(RECORDED), RECORDED)


def in_a_file(text, folder):
    path = folder / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return {tuple(value for _, value in found.names): found for found in verdict_file.judge(path)}


def without(name, text):
    """The CSV text less one column."""
    rows = list(csv.reader(io.StringIO(text)))
    place = rows[0].index(name)
    return "\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows)


def recorded(boards):
    return {
        (board.task, board.backbone, arm): comparison.verdict
        for board in boards
        for arm, comparison in board.comparisons.items()
    }


def test_every_recorded_row_gets_its_verdict_from_its_exported_pairs(boards, tmp_path):
    found = in_a_file(csv_files.pairs(boards), tmp_path)
    assert {one.image_noise for one in found.values()} == {"counted"}
    assert {names: one.verdict for names, one in found.items()} == recorded(boards)


def test_what_is_usual_gives_the_same_kind_of_verdict_as_what_was_counted(boards, tmp_path):
    found = in_a_file(without("disagree", csv_files.pairs(boards)), tmp_path)
    kinds = {names: verdict.kind for names, verdict in recorded(boards).items()}
    assert {names: one.verdict.kind for names, one in found.items()} == kinds
