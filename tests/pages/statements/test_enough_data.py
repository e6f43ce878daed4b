import pytest
from made_boards import (
    FROM_TEN,
    HELPS,
    NEVER,
    NO_HELP,
    THROUGHOUT,
    UNSURE,
    boards,
    claim,
    cut_short,
    unfinished,
    verdict,
)

from benchmark.pages.statements.enough_data import ENOUGH_DATA


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([THROUGHOUT] * 3 + [FROM_TEN], "false"),
        ([FROM_TEN] * 3 + [THROUGHOUT], "true"),
        ([FROM_TEN] * 2 + [THROUGHOUT] * 2, "undecided"),
        ([NEVER] * 4, "undecided"),
        ([verdict("undecided", [UNSURE, HELPS, HELPS])] * 4, "undecided"),
    ],
)
def test_a_threshold_is_a_gain_that_is_surely_absent_at_first_and_surely_there_later(
    found, expected
):
    assert claim(ENOUGH_DATA, boards(*found)).verdict == expected


def test_each_task_has_its_threshold_and_its_peak():
    peaked = verdict("undecided", [NO_HELP, HELPS, (0.2, 0.18, 0.22)])
    rows = claim(ENOUGH_DATA, boards(peaked, THROUGHOUT, NEVER)).tables[0].rows
    assert [row[3] for row in rows] == ["N = 10", "none", "undecided; nowhere above"]
    assert rows[0][4:] == ("100", "+20.0 [+18.0, +22.0]")


def test_a_gain_at_the_smallest_n_counts_only_if_scratch_had_its_chance():
    assert claim(ENOUGH_DATA, unfinished("scratch", boards(*[THROUGHOUT] * 4))).verdict != "false"


def test_no_gain_at_first_counts_only_if_fine_tuning_had_its_chance():
    found = claim(ENOUGH_DATA, unfinished("finetune", boards(*[FROM_TEN] * 4)))
    assert found.verdict == "undecided"


def test_a_threshold_counts_only_if_scratch_had_steps_enough_there():
    assert claim(ENOUGH_DATA, cut_short(*[FROM_TEN] * 4)).verdict == "undecided"
    assert claim(ENOUGH_DATA, cut_short(*[FROM_TEN] * 4, certificate="holds")).verdict == "true"
