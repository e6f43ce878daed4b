import dataclasses

import pytest
from made_boards import (
    EARLY,
    HELPS,
    HURTS,
    NEVER,
    THROUGHOUT,
    UNKNOWN,
    UNSURE,
    boards,
    claim,
    headlines,
    point,
    verdict,
)

from benchmark.pages.statements.same_minimum import SAME_MINIMUM


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([THROUGHOUT] * 4, "false"),
        ([verdict("hurts", [HURTS] * 3, hurts_from=1.0)] * 4, "false"),
        ([NEVER] * 4, "true"),
        ([NEVER] * 3 + [THROUGHOUT], "undecided"),
        ([UNKNOWN] * 4, "undecided"),
        ([EARLY] * 4, "false up to N = 1, true from N = 10 on"),
    ],
)
def test_results_are_compared_where_both_trainings_ended(found, shown):
    assert headlines(SAME_MINIMUM, *found) == shown


def test_a_cell_with_a_training_that_was_still_falling_does_not_count():
    made = claim(SAME_MINIMUM, boards(*[THROUGHOUT] * 4, settled=(1, 10)))
    assert made.headline == "false up to N = 10, undecided from N = 100 on"
    assert [tally.tasks for tally in made.course] == [4, 4, 0]


def test_a_cell_with_a_failed_trial_does_not_count():
    assert not dataclasses.replace(point(1), failed=1).settled
    assert not dataclasses.replace(point(1), seeds=0, levelled_off=0).settled


def test_where_no_training_ended_the_reason_says_so():
    assert "no cell" in claim(SAME_MINIMUM, boards(*[THROUGHOUT] * 4, settled=())).reason


def test_the_largest_difference_is_named():
    made = boards(*[NEVER] * 4, verdict("undecided", [UNSURE, HURTS, UNSURE]))
    assert "-10.0 [-12.0, -8.0] points (task4, N = 10)" in claim(SAME_MINIMUM, made).reason


def test_an_n_that_few_tasks_share_plays_no_part_in_the_verdict():
    longer, shorter = THROUGHOUT, verdict("helps_throughout", [HELPS] * 2, low=10.0)
    made = claim(SAME_MINIMUM, boards(longer, *[shorter] * 4))
    assert (made.verdict, made.course[-1].tasks) == ("false", 1)
