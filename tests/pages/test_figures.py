import dataclasses
import xml.etree.ElementTree as ET

import pytest
from made_boards import compared
from toy import curve, failed, record

from benchmark.analysis.board import boards
from benchmark.analysis.certificate import Certificate
from benchmark.analysis.scores import score_of
from benchmark.pages.figures import accuracy_figure


def board_of(records):
    (board,) = boards(map(score_of, records))
    return board


@pytest.fixture
def board():
    return board_of([*curve("scratch", {1: 0.4, 10: 0.8}), *curve("probe", {1: 0.7, 10: 0.8})])


def test_the_figure_is_svg(board):
    assert ET.fromstring(accuracy_figure(board)).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_board_gives_the_same_bytes(board):
    assert accuracy_figure(board) == accuracy_figure(board)


def test_arms_sizes_and_axes_are_named(board):
    text = accuracy_figure(board)
    for expected in ("scratch", "probe", ">1<", ">10<", "images per class, N", "toy: Net"):
        assert expected in text


def test_the_figure_says_neither_when_nor_by_what_it_was_made(board):
    assert "Matplotlib" not in accuracy_figure(board)
    assert "<dc:date>" not in accuracy_figure(board)


def test_a_crossover_is_marked(board):
    comparison = board.comparisons["probe"]
    crossed = dataclasses.replace(comparison.verdict, crossover=3.0, low=2.0, high=None)
    marked = compared(board, "probe", verdict=crossed)
    none = dataclasses.replace(comparison.verdict, crossover=None, low=None, high=None)
    unmarked = compared(board, "probe", verdict=none)
    assert "stroke-dasharray" in accuracy_figure(marked)
    assert "stroke-dasharray" not in accuracy_figure(unmarked)
    void = compared(marked, "probe", certificate=Certificate("void", ("scratch steps-x2",)))
    assert "stroke-dasharray" not in accuracy_figure(void)


def test_the_title_has_the_verdict_with_its_certificate(board):
    assert "the probe: undecided, not audited" in accuracy_figure(board)


@pytest.mark.parametrize(("levelled", "marked"), [(True, False), (False, True)])
def test_points_of_trainings_that_ended_too_early_are_hollow(levelled, marked):
    training = dataclasses.replace(record().training, levelled_off=levelled)
    text = accuracy_figure(board_of([record(n=n, training=training) for n in (1, 10)]))
    assert ("loss was still falling" in text) == marked
    assert ("fill: #ffffff; stroke: #555555" in text) == marked


@pytest.mark.parametrize(
    "records",
    [
        [record()],
        [failed()],
        [failed(), record("probe"), record("probe", n=5)],
        [record("probe", n=1), record("probe", n=1, seed=1)],
    ],
)
def test_little_data_still_give_a_figure(records):
    assert "<svg" in accuracy_figure(board_of(records))


def test_more_arms_than_colours_can_be_drawn():
    records = [record(f"arm{i}") for i in range(8)]
    assert "arm7" in accuracy_figure(board_of(records))


def test_a_name_is_neither_a_formula_nor_markup():
    name = "$\\frac{$ <b>\n\x1b"
    drawn = accuracy_figure(board_of([record(task=name), record(name, task=name)]))
    shown = "".join(ET.fromstring(drawn).itertext())
    assert shown.count(r"$\frac{$ <b>\n\x1b") == 3  # both lines of the title, and the legend
