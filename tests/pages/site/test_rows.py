import dataclasses

import made_boards
import pytest

from benchmark.pages.site import rows

PLACE = {column.name: i for i, column in enumerate(rows.COLUMNS)}


def row(found=None, certificate=None, **changed):
    (one,) = rows.rows([made_boards.board("task", found, certificate, **changed)])
    return one


def shown(one, column):
    return one.cells[PLACE[column]].shown


def number(one, column):
    return one.cells[PLACE[column]].number


def test_there_is_a_row_for_each_arm_that_is_compared():
    boards = made_boards.boards(made_boards.EARLY, made_boards.NEVER)
    assert [(one.board, one.facets["arm"]) for one in rows.rows(boards)] == [
        ("task0/net", "finetune"),
        ("task1/net", "finetune"),
    ]


def test_what_weights_were_trained_on_is_shown_and_found():
    assert shown(row(), "pretrained_on") == row().facets["pretrained_on"] == "ImageNet-1k"


def test_scratch_alone_has_a_row_that_claims_nothing():
    board = made_boards.board()
    alone = dataclasses.replace(board, arms={"scratch": board.arms["scratch"]})
    (one,) = rows.rows([alone])
    assert shown(one, "verdict") == shown(one, "certificate") == "not compared"
    assert shown(one, "crossover") == shown(one, "gain_at_1") == ""
    assert shown(one, "pretrained_on") == "nothing"


@pytest.mark.parametrize(
    ("found", "verdict", "facet", "crossover", "place"),
    [
        (made_boards.EARLY, "stops helping", "stops helping", "5 [2, 9]", 5.0),
        (
            made_boards.THROUGHOUT,
            "still helps at 100",
            "still helps at the largest N",
            "[100, ...]",
            100.0,
        ),
        (made_boards.NEVER, "never helps", "never helps", "", None),
        (made_boards.UNKNOWN, "undecided", "undecided", "", None),
        (
            made_boards.verdict("hurts", [made_boards.HURTS] * 3, 5.0, 2.0, 9.0, hurts_from=60.0),
            "hurts from N = 60 [..., 60] on",
            "hurts",
            "5 [2, 9]",
            5.0,
        ),
    ],
)
def test_a_verdict_is_shown_found_and_sorted(found, verdict, facet, crossover, place):
    one = row(found)
    assert (shown(one, "verdict"), one.facets["verdict"]) == (verdict, facet)
    assert (shown(one, "crossover"), number(one, "crossover")) == (crossover, place)


def test_a_void_verdict_has_no_crossover():
    one = row(made_boards.EARLY, "void")
    assert (shown(one, "verdict"), shown(one, "crossover")) == ("void", "")
    assert number(one, "crossover") is None


def test_certificates_of_one_status_are_found_together():
    one = row(made_boards.EARLY, "void")
    assert shown(one, "certificate") == "void: scratch under-trained"
    assert one.facets["certificate"] == "void"


def test_a_verdict_on_unfinished_trainings_is_marked():
    (board,) = made_boards.cut_short(made_boards.THROUGHOUT)
    (one,) = rows.rows([board])
    assert shown(one, "verdict") == "still helps at 100 †"


def test_a_gain_is_sorted_as_a_number_and_may_be_missing():
    one = row(made_boards.verdict("undecided", [made_boards.HELPS], grid=(1,)))
    assert (shown(one, "gain_at_1"), number(one, "gain_at_1")) == ("+10.0 [+8.0, +12.0]", 0.1)
    assert (shown(one, "gain_at_20"), number(one, "gain_at_20")) == ("", None)


def test_an_older_protocol_is_told():
    older = dataclasses.replace(made_boards.board(), protocol=1)
    assert [one.older for one in rows.rows([older, made_boards.board()])] == ["protocol 1", ""]


def test_each_filter_offers_what_there_is():
    found = rows.rows(made_boards.boards(made_boards.EARLY, made_boards.NEVER))
    offered = {column.name: values for column, values in rows.facets(found)}
    assert offered["task"] == ["task0", "task1"]
    assert offered["verdict"] == ["never helps", "stops helping"]
    assert set(offered) == set(found[0].facets)


def test_a_strangers_name_stays_on_one_line():
    board = made_boards.board("two\nlines")
    assert shown(rows.rows([board])[0], "task") == r"two\nlines"


def test_two_image_sizes_of_a_task_are_two_rows():
    board = dataclasses.replace(made_boards.board(), several_sizes=True)
    data = dataclasses.replace(board.data, image_size=board.data.image_size + 32)
    assert rows.key(board) != rows.key(dataclasses.replace(board, data=data))
