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

LATE_BUMP = verdict("undecided", [UNSURE, UNSURE, HELPS], low=60.0)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([EARLY] * 4, "true"),
        ([NEVER] * 4, "true"),
        ([verdict("hurts", [HURTS] * 3, hurts_from=1.0)] * 4, "true"),
        ([verdict("hurts", [HELPS, HURTS, HURTS], 2.0, 1.0, 4.0, 5.0)] * 4, "true"),
        ([verdict("hurts", [NO_HELP, NO_HELP, HURTS], hurts_from=50.0)] * 4, "undecided"),
        ([THROUGHOUT] * 4, "false"),
        ([LATE] * 3 + [EARLY], "false up to N = 10, true from N = 100 on"),
        ([FROM_TEN] * 4, "false"),
        ([LATE_BUMP] * 4, "undecided up to N = 10, false from N = 100 on"),
        ([verdict("undecided", [UNSURE] * 3, low=20.0)] * 4, "undecided"),
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


def test_a_gain_that_contradicts_the_verdict_leaves_the_task_undecided_there():
    strange = verdict("stops", [HELPS, NO_HELP, HELPS], 5.0, 2.0, 9.0)
    shown = headlines(NOT_NEEDED, *[strange] * 4)
    assert shown == "true up to N = 10, undecided from N = 100 on"


def test_only_tasks_that_were_measured_at_an_n_have_a_say_there():
    made = boards(*[EARLY] * 4)
    sizes = {tally.images_per_class: tally.tasks for tally in claim(NOT_NEEDED, made).course}
    assert sizes == {10: 4, 20: 0, 50: 0, 100: 4}
