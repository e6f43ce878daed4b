import dataclasses
import json

import made_boards
import pytest
from made_boards import compared

from benchmark.pages.site import series

WHITE, DARK = "#FFFFFF", "#16181C"
STOPS = made_boards.verdict("stops", [made_boards.HELPS] * 3, crossover=5.0, low=2.0)


def of(board):
    return series.of_board(board, series.styles([board]))


def test_points_and_gains_are_in_percent_and_points_with_their_words():
    shown = of(made_boards.board(found=made_boards.EARLY))
    first = next(point for point in shown["points"] if point["arm"] == "finetune")
    assert (first["n"], first["value"], first["low"]) == (1, 50.0, 49.0)
    assert first["shown"] == "50.0 [49.0, 51.0]"
    assert shown["gains"][0]["shown"] == "+10.0 [+8.0, +12.0]"
    assert (shown["sizes"], shown["margin"]) == ([1, 10, 100], 1.0)
    json.dumps(shown, allow_nan=False)


def test_a_crossover_with_an_open_end_reaches_to_that_of_the_grid():
    (mark,) = of(made_boards.board(found=STOPS))["marks"]
    assert (mark["low"], mark["n"], mark["high"]) == (2.0, 5.0, 100)
    assert mark["shown"] == "finetune: N* = 5 [2, ...]"


def test_a_void_crossover_is_not_marked():
    assert of(made_boards.board(found=STOPS, certificate="void"))["marks"] == []


def test_the_words_of_two_crossovers_have_places_of_their_own():
    board = made_boards.board(found=STOPS)
    arms = board.arms | {"probe": board.arms["finetune"]}
    marks = of(dataclasses.replace(board, arms=arms))["marks"]
    assert [mark["place"] for mark in marks] == [0, 1]


def test_an_arm_that_failed_everywhere_has_no_points():
    board = made_boards.board()
    points = tuple(dataclasses.replace(p, estimate=None) for p in board.arms["scratch"].points)
    arms = board.arms | {"scratch": dataclasses.replace(board.arms["scratch"], points=points)}
    shown = of(dataclasses.replace(board, arms=arms))
    assert {point["arm"] for point in shown["points"]} == {"finetune"}


def test_a_board_without_comparisons_has_no_gains():
    board = compared(made_boards.board(), "finetune")
    alone = dataclasses.replace(board, arms={"scratch": board.arms["scratch"]})
    assert (of(alone)["gains"], of(alone)["marks"], of(alone)["margin"]) == ([], [], 0)


def many_arms():
    board = made_boards.board()
    names = ["scratch", *(f"arm{i}" for i in range(14))]
    return dataclasses.replace(board, arms=dict.fromkeys(names, board.arms["scratch"]))


def test_many_arms_are_told_apart():
    styles = series.styles([many_arms()])
    assert len(set(styles.values())) == len(styles) == 15


@pytest.mark.parametrize("page", [WHITE, DARK])
def test_every_colour_can_be_told_from_a_light_and_a_dark_page(page):
    for style in series.styles([many_arms()]).values():
        assert contrast(style.colour, page) >= 3  # WCAG 2.2, 1.4.11


def contrast(one, other):
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
