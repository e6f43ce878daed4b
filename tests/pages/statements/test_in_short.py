import pytest
from made_boards import (
    EARLY,
    HELPS,
    HURTS,
    LATE,
    NEVER,
    THROUGHOUT,
    UNKNOWN,
    board,
    boards,
    verdict,
)

from benchmark.pages.statements.in_short import in_short

HURTING = verdict("hurts", [HELPS, HURTS, HURTS], 2.0, 1.0, 4.0, 5.0)
ALWAYS_HURTING = verdict("hurts", [HURTS] * 3, hurts_from=1.0)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([THROUGHOUT], "1 task: fine-tuning still helps at the largest N in 1."),
        ([LATE, EARLY], "2 tasks: fine-tuning stops helping in 2 (N\\* = 5, 50)."),
        ([HURTING, NEVER], "hurts from some N on in 1 (N\\* = 2), never helps in 1."),
        ([ALWAYS_HURTING, UNKNOWN], "hurts from some N on in 1, is undecided in 1."),
    ],
)
def test_every_task_is_counted_under_its_verdict(found, words):
    (line,) = in_short(boards(*found), ())
    assert words in line


def test_a_void_verdict_stands_for_itself_alone():
    (line,) = in_short([*boards(EARLY, certificate="void"), board("last", THROUGHOUT)], ())
    assert "fine-tuning still helps at the largest N in 1, its verdict is void in 1." in line


def test_the_mean_gain_has_an_interval_over_tasks():
    (line,) = in_short(boards(EARLY, EARLY, NEVER), ())
    mean = "+6.7 [-7.7, +21.0] (median +10.0, from +0.0 to +10.0) at N = 1, +0.0 "
    assert f"Mean gain, in points: {mean}" in line


def test_gains_that_an_audit_made_void_have_no_part_in_the_mean():
    (line,) = in_short([*boards(THROUGHOUT, NEVER), board("z", EARLY, certificate="void")], ())
    assert "Mean gain, in points: +5.0 [" in line
    assert "(median +5.0, from +0.0 to +10.0) at N = 1" in line


def test_each_backbone_has_a_sentence_and_development_tasks_are_left_out():
    made = [board("a", EARLY), board("b", EARLY, backbone="other"), board("c", EARLY)]
    lines = in_short(made, {"c"})
    assert [line.partition(":")[0] for line in lines] == ["`net`, 1 task", "`other`, 1 task"]


def test_without_boards_there_is_nothing_to_say():
    assert in_short([], ()) == []
