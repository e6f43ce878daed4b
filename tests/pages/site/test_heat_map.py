import made_boards
import pytest

from benchmark.pages.site import heat_map


def test_every_gain_is_a_cell_of_the_map_and_of_its_table():
    boards = made_boards.boards(made_boards.EARLY, made_boards.NEVER)
    header, rows = heat_map.grid(boards, "finetune")
    assert header == ["task/backbone", "1", "10", "100"]
    assert [row[0] for row in rows] == ["task0/net", "task1/net"]
    shown = [cell["shown"] for cell in heat_map.cells(boards)]
    assert shown == [text for row in rows for text in row[1:]]


def test_a_size_that_one_board_lacks_is_an_empty_cell():
    short = made_boards.verdict("undecided", [made_boards.HELPS], grid=(7,))
    header, rows = heat_map.grid(made_boards.boards(made_boards.EARLY, short), "finetune")
    assert header[1:] == ["1", "7", "10", "100"]
    assert [bool(text) for text in rows[1][1:]] == [False, True, False, False]


@pytest.mark.parametrize(
    ("gain", "sure"),
    [
        (made_boards.HELPS, True),
        (made_boards.HURTS, True),
        (made_boards.NO_HELP, False),
        (made_boards.UNSURE, False),
        ((0.1, None, None), False),
    ],
)
def test_a_gain_is_sure_where_its_interval_lies_beyond_the_margin(gain, sure):
    board = made_boards.board(found=made_boards.verdict("undecided", [gain]))
    assert heat_map.cells([board])[0]["sure"] is sure


def test_marks_of_unfinished_trainings_are_kept():
    boards = made_boards.cut_short(made_boards.THROUGHOUT)
    assert heat_map.grid(boards, "finetune")[1][0][2].endswith("†")
