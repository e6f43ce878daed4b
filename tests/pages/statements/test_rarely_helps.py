import pytest
from made_boards import (
    EARLY,
    HELPS,
    LATE,
    NEVER,
    NO_HELP,
    THROUGHOUT,
    UNKNOWN,
    UNSURE,
    boards,
    claim,
    headlines,
    unfinished,
    verdict,
)

from benchmark.pages.statements.rarely_helps import RARELY_HELPS


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([THROUGHOUT] * 4, "false"),
        ([LATE] * 3 + [NEVER] * 2, "false"),
        ([NEVER] * 4 + [UNKNOWN], "true"),
        ([NEVER] * 3 + [UNKNOWN], "undecided"),
        ([UNKNOWN] * 4, "undecided"),
        ([THROUGHOUT] * 2 + [NEVER] * 2, "undecided"),
        ([EARLY] * 5, "false up to N = 1, true from N = 10 on"),
    ],
)
def test_it_rarely_helps_if_the_gain_is_above_the_margin_in_few_tasks(found, shown):
    assert headlines(RARELY_HELPS, *found) == shown


def test_no_gain_counts_only_where_fine_tuning_had_its_chance():
    made = boards(*[NEVER] * 5)
    assert claim(RARELY_HELPS, unfinished("finetune", made)).verdict == "undecided"
    certified = boards(*[NEVER] * 5, certificate="holds")
    assert claim(RARELY_HELPS, unfinished("finetune", certified)).verdict == "true"


def test_a_void_verdict_says_nothing_of_the_n_that_were_run_again_and_all_of_the_others():
    at_ten = verdict("stops", [HELPS, HELPS, NO_HELP], 8.0, 5.0, 9.0)  # decided at 1, 10 and 100
    void = boards(*[at_ten] * 4, certificate="void")
    assert claim(RARELY_HELPS, void).course[0].answer == "undecided"
    throughout = boards(*[THROUGHOUT] * 4, certificate="void")  # decided at 100
    assert claim(RARELY_HELPS, throughout).verdict == "false"


def test_a_verdict_that_changes_with_n_is_undecided_as_a_whole():
    assert claim(RARELY_HELPS, boards(*[EARLY] * 5)).verdict == "undecided"


def test_small_ends_at_twenty_images_per_class():
    sizes = [tally.images_per_class for tally in claim(RARELY_HELPS, boards(*[EARLY] * 4)).course]
    assert sizes == [1, 10]


def test_the_mean_gain_has_an_interval_over_tasks():
    reason = claim(RARELY_HELPS, boards(*[THROUGHOUT] * 2, *[NEVER] * 2)).reason
    mean = "+5.0 [-4.2, +14.2] (median +5.0, from +0.0 to +10.0)"
    assert f"in 2 of 4 tasks at N = 1 with a mean gain in points of {mean}" in reason


def test_every_n_with_an_answer_is_quoted():
    peak = verdict(gains=[UNSURE, HELPS, UNSURE, NO_HELP, UNSURE], grid=(1, 2, 5, 10, 20))
    reason = claim(RARELY_HELPS, boards(*[peak] * 4)).reason
    assert [f"N = {n} " in reason for n in (1, 2, 5, 10, 20)] == [True, True, False, True, True]
