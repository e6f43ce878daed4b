import pytest
from made_boards import (
    EARLY,
    FROM_TEN,
    HELPS,
    HURTS,
    LATE,
    NEVER,
    NO_HELP,
    THROUGHOUT,
    UNKNOWN,
    UNSURE,
    boards,
    claim,
    headlines,
    verdict,
)

from benchmark.pages.statements.not_needed import NOT_NEEDED


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([EARLY] * 4, "true"),
        ([NEVER] * 4, "true"),
        ([verdict("hurts", [HURTS] * 3, hurts_from=1.0)] * 4, "true"),
        ([verdict("hurts", [HELPS, HURTS, HURTS], 2.0, 1.0, 4.0, 5.0)] * 4, "true"),
        ([verdict("hurts", [NO_HELP, NO_HELP, HURTS], hurts_from=50.0)] * 4, "undecided"),
        ([THROUGHOUT] * 4, "false"),
        ([LATE] * 3 + [EARLY], "false up to N = 10, undecided at N = 20 to 50, true"),
        ([FROM_TEN] * 4, "false"),
        ([verdict("undecided", [UNSURE] * 3, low=20.0)] * 4, "false up to N = 10, undecided"),
        ([UNKNOWN] * 4, "undecided"),
        ([EARLY] * 3 + [THROUGHOUT], "undecided"),
    ],
)
def test_it_is_not_needed_if_pretraining_has_stopped_helping_in_most_tasks(found, shown):
    assert headlines(NOT_NEEDED, *found).startswith(shown)


def test_the_verdict_is_that_at_ten_images_per_class():
    assert claim(NOT_NEEDED, boards(*[LATE] * 4)).verdict == "false"


def test_a_void_crossover_decides_nothing_and_is_flagged():
    made = claim(NOT_NEEDED, boards(*[EARLY] * 4, certificate="void"))
    assert made.verdict == "undecided"
    assert "void: scratch under-trained" in made.flags[0]
    assert made.flags[0].endswith("and decides nothing here")


@pytest.mark.parametrize(("certificate", "flags"), [("holds", 0), (None, 4), ("unsettled", 4)])
def test_a_crossover_is_flagged_unless_its_certificate_holds(certificate, flags):
    made = claim(NOT_NEEDED, boards(*[EARLY] * 4, certificate=certificate))
    assert (made.verdict, len(made.flags)) == ("true", flags)


def test_a_gain_that_contradicts_the_verdict_leaves_the_task_undecided():
    strange = verdict("stops", [HELPS, NO_HELP, HELPS], 5.0, 2.0, 9.0)
    assert headlines(NOT_NEEDED, *[strange] * 4) == "undecided"


def test_a_task_whose_grid_ends_before_has_no_say():
    short = verdict("stops", [HELPS, NO_HELP], 5.0, 2.0, 9.0)
    tallies = claim(NOT_NEEDED, boards(*[short] * 4)).course
    assert [(tally.images_per_class, tally.tasks) for tally in tallies][:2] == [(10, 4), (20, 0)]
