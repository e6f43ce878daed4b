import dataclasses

import pytest
from made_boards import HELPS, HURTS, NO_HELP, UNSURE, board, boards, point, verdict

from benchmark.pages.statements.claims import claims
from benchmark.pages.statements.tallies import Tally, headline

RARELY, NEEDLESS, SAME, ENOUGH = range(4)

THROUGHOUT = verdict("helps_throughout", [HELPS] * 3, low=100.0)
EARLY = verdict("stops", [HELPS, NO_HELP, NO_HELP], 5.0, 2.0, 9.0)
LATE = verdict("stops", [HELPS, HELPS, NO_HELP], 50.0, 20.0, 90.0)
NEVER = verdict("never_helps", [NO_HELP] * 3)
UNKNOWN = verdict("undecided", [UNSURE] * 3)
FROM_TEN = verdict("undecided", [NO_HELP, HELPS, HELPS], low=60.0)


def claim(which, made, development=()):
    return claims(made, development)[which]


def headlines(which, *found, **changed):
    return claim(which, boards(*found, **changed)).headline


# It rarely helps


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
    assert headlines(RARELY, *found) == shown


def test_a_verdict_that_changes_with_n_is_undecided_as_a_whole():
    assert claim(RARELY, boards(*[EARLY] * 5)).verdict == "undecided"


def test_small_ends_at_twenty_images_per_class():
    sizes = [tally.images_per_class for tally in claim(RARELY, boards(*[EARLY] * 4)).course]
    assert sizes == [1, 10]


def test_the_mean_gain_has_an_interval_over_tasks():
    reason = claim(RARELY, boards(*[THROUGHOUT] * 2, *[NEVER] * 2)).reason
    assert "in 2 of 4 tasks at N = 1 (mean gain +5.0 [-4.2, +14.2] points)" in reason


def test_every_n_with_an_answer_is_quoted():
    peak = verdict(gains=[UNSURE, HELPS, UNSURE, NO_HELP, UNSURE], grid=(1, 2, 5, 10, 20))
    reason = claim(RARELY, boards(*[peak] * 4)).reason
    assert [f"N = {n} " in reason for n in (1, 2, 5, 10, 20)] == [True, True, False, True, True]


# It is not needed any more


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
    assert headlines(NEEDLESS, *found).startswith(shown)


def test_the_verdict_is_that_at_ten_images_per_class():
    assert claim(NEEDLESS, boards(*[LATE] * 4)).verdict == "false"


def test_a_void_crossover_decides_nothing_and_is_flagged():
    made = claim(NEEDLESS, boards(*[EARLY] * 4, certificate="void"))
    assert made.verdict == "undecided"
    assert "void: scratch under-trained" in made.flags[0]
    assert made.flags[0].endswith("and decides nothing here")


@pytest.mark.parametrize(("certificate", "flags"), [("holds", 0), (None, 4), ("unsettled", 4)])
def test_a_crossover_is_flagged_unless_its_certificate_holds(certificate, flags):
    made = claim(NEEDLESS, boards(*[EARLY] * 4, certificate=certificate))
    assert (made.verdict, len(made.flags)) == ("true", flags)


def test_a_gain_that_contradicts_the_verdict_leaves_the_task_undecided():
    strange = verdict("stops", [HELPS, NO_HELP, HELPS], 5.0, 2.0, 9.0)
    assert headlines(NEEDLESS, *[strange] * 4) == "undecided"


def test_a_task_whose_grid_ends_before_has_no_say():
    short = verdict("stops", [HELPS, NO_HELP], 5.0, 2.0, 9.0)
    tallies = claim(NEEDLESS, boards(*[short] * 4)).course
    assert [(tally.images_per_class, tally.tasks) for tally in tallies][:2] == [(10, 4), (20, 0)]


def cut_short(*found, certificate=None):
    """Boards on which most of scratch's trainings from N = 10 on were still falling."""
    return [_cut_short(one) for one in boards(*found, certificate=certificate)]


def _cut_short(one):
    first, *later = one.arms["scratch"].points
    short = [dataclasses.replace(p, levelled_off=0, still_falling=5) for p in later]
    scratch = dataclasses.replace(one.arms["scratch"], points=(first, *short))
    return dataclasses.replace(one, arms=one.arms | {"scratch": scratch})


@pytest.mark.parametrize("found", [THROUGHOUT, LATE, FROM_TEN])
@pytest.mark.parametrize("which", [RARELY, NEEDLESS])
def test_a_gain_over_unfinished_trainings_counts_only_with_a_certificate(which, found):
    at_ten = [
        next(t.answer for t in claim(which, made).course if t.images_per_class == 10)
        for made in (cut_short(*[found] * 4), cut_short(*[found] * 4, certificate="holds"))
    ]
    assert at_ten == ["undecided", "false"]


def test_a_threshold_counts_only_if_scratch_had_steps_enough_there():
    assert claim(ENOUGH, cut_short(*[FROM_TEN] * 4)).verdict == "undecided"
    assert claim(ENOUGH, cut_short(*[FROM_TEN] * 4, certificate="holds")).verdict == "true"


# The same minimum


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
    assert headlines(SAME, *found) == shown


def test_a_cell_with_a_training_that_was_still_falling_does_not_count():
    made = claim(SAME, boards(*[THROUGHOUT] * 4, settled=(1, 10)))
    assert made.headline == "false up to N = 10, undecided from N = 100 on"
    assert [tally.tasks for tally in made.course] == [4, 4, 0]


def test_a_cell_with_a_failed_trial_does_not_count():
    assert not dataclasses.replace(point(1), failed=1).settled
    assert not dataclasses.replace(point(1), seeds=0, levelled_off=0).settled


def test_where_no_training_ended_the_reason_says_so():
    assert "no cell" in claim(SAME, boards(*[THROUGHOUT] * 4, settled=())).reason


def test_the_largest_difference_is_named():
    made = boards(*[NEVER] * 4, verdict("undecided", [UNSURE, HURTS, UNSURE]))
    assert "-10.0 [-12.0, -8.0] points (task4, N = 10)" in claim(SAME, made).reason


# Enough data


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
    assert claim(ENOUGH, boards(*found)).verdict == expected


def test_each_task_has_its_threshold_and_its_peak():
    peaked = verdict("undecided", [NO_HELP, HELPS, (0.2, 0.18, 0.22)])
    rows = claim(ENOUGH, boards(peaked, THROUGHOUT, NEVER)).tables[0].rows
    assert [row[3] for row in rows] == ["N = 10", "none", "undecided; nowhere above"]
    assert rows[0][4:] == ("100", "+20.0 [+18.0, +22.0]")


# All of them


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("found", [THROUGHOUT, NEVER])
def test_with_fewer_than_four_tasks_every_verdict_is_undecided(which, found):
    made = claim(which, boards(*[found] * 3))
    assert made.verdict == made.headline == "undecided"
    assert made.reason.startswith("3 tasks are counted so far; a verdict needs 4.")


@pytest.mark.parametrize("which", range(4))
def test_development_tasks_are_shown_and_not_counted(which):
    made = claim(which, boards(*[THROUGHOUT] * 4), development={"task0"})
    assert made.verdict == "undecided"
    assert made.tables[-1].rows[-1][0] == "task0 (development)"


@pytest.mark.parametrize("which", range(4))
def test_one_seed_decides_nothing(which):
    one_seed = verdict("undecided", [(0.5, None, None)] * 3)
    assert claim(which, boards(*[one_seed] * 4)).verdict == "undecided"


def test_each_backbone_is_judged_by_itself():
    made = [*boards(*[THROUGHOUT] * 4), *boards(*[NEVER] * 4, backbone="other")]
    found = {(c.statement, c.backbone): c.verdict for c in claims(made, ())}
    assert len(found) == 8
    rarely = claims(made, ())[0].statement
    assert (found[rarely, "net"], found[rarely, "other"]) == ("false", "true")


def test_boards_without_fine_tuning_or_gains_say_nothing():
    alone = dataclasses.replace(board(), arms={"scratch": board().arms["scratch"]})
    assert claims([alone, board(found=verdict())], ()) == []
    assert claims([], ()) == []


def test_an_n_that_few_tasks_share_plays_no_part_in_the_verdict():
    longer, shorter = THROUGHOUT, verdict("helps_throughout", [HELPS] * 2, low=10.0)
    made = claim(SAME, boards(longer, *[shorter] * 4))
    assert (made.verdict, made.course[-1].tasks) == ("false", 1)


def test_the_order_of_the_boards_does_not_matter():
    made = boards(THROUGHOUT, NEVER, EARLY, LATE, UNKNOWN)
    assert claims(made, ()) == claims(made[::-1], ())


def test_a_headline_names_where_the_answer_changes():
    answers = ["true", "true", "undecided", "undecided", "false"]
    tallies = [Tally(n, 4, 4, {}, a) for n, a in zip((1, 2, 5, 10, 20), answers, strict=True)]
    shown = "true up to N = 2, undecided at N = 5 to 10, false from N = 20 on"
    assert headline(tallies, "undecided") == shown
    assert headline(tallies[:2], "true") == "true"


def test_every_row_has_as_many_cells_as_its_head():
    for made in claims(boards(THROUGHOUT, NEVER, EARLY, LATE), ()):
        for table in made.tables:
            assert {len(row) for row in table.rows} == {len(table.header)}
