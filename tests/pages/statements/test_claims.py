import dataclasses

import pytest
from made_boards import (
    EARLY,
    FROM_TEN,
    LATE,
    NEVER,
    THROUGHOUT,
    UNKNOWN,
    board,
    boards,
    claim,
    cut_short,
    verdict,
)

from benchmark.pages.statements.claims import OF_FINETUNE, OF_REASONS, STATEMENTS, claims
from benchmark.pages.statements.not_needed import NOT_NEEDED
from benchmark.pages.statements.rarely_helps import RARELY_HELPS


@pytest.mark.parametrize("found", [THROUGHOUT, LATE, FROM_TEN])
@pytest.mark.parametrize("which", [RARELY_HELPS, NOT_NEEDED], ids=lambda one: one.key)
def test_a_gain_over_unfinished_trainings_counts_only_with_a_certificate(which, found):
    at_ten = [
        next(t.answer for t in claim(which, made).course if t.images_per_class == 10)
        for made in (cut_short(*[found] * 4), cut_short(*[found] * 4, certificate="holds"))
    ]
    assert at_ten == ["undecided", "false"]


@pytest.mark.parametrize("which", OF_FINETUNE, ids=lambda one: one.key)
@pytest.mark.parametrize("found", [THROUGHOUT, NEVER])
def test_with_fewer_than_four_tasks_every_verdict_is_undecided(which, found):
    made = claim(which, boards(*[found] * 3))
    assert made.verdict == made.headline == "undecided"
    assert made.reason.startswith("3 tasks are counted so far; a verdict needs 4.")


@pytest.mark.parametrize("which", OF_FINETUNE, ids=lambda one: one.key)
def test_development_tasks_are_shown_and_not_counted(which):
    made = claim(which, boards(*[THROUGHOUT] * 4), development={"task0"})
    assert made.verdict == "undecided"
    assert made.tables[-1].rows[-1][0] == "task0 (development)"


@pytest.mark.parametrize("which", OF_FINETUNE, ids=lambda one: one.key)
def test_one_seed_decides_nothing(which):
    one_seed = verdict("undecided", [(0.5, None, None)] * 3)
    assert claim(which, boards(*[one_seed] * 4)).verdict == "undecided"


def test_each_backbone_is_judged_by_itself():
    made = [*boards(*[THROUGHOUT] * 4), *boards(*[NEVER] * 4, backbone="other")]
    found = claims(made, ())[RARELY_HELPS]
    assert (found["net"].verdict, found["other"].verdict) == ("false", "true")


def test_boards_without_fine_tuning_or_gains_say_nothing():
    alone = dataclasses.replace(board(), arms={"scratch": board().arms["scratch"]})
    for made in ([alone, board(found=verdict())], []):
        assert not any(claims(made, ()).values())


def test_statements_have_keys_of_their_own():
    assert len({statement.key for statement in STATEMENTS}) == len(STATEMENTS)


def test_the_order_of_the_boards_does_not_matter():
    made = boards(THROUGHOUT, NEVER, EARLY, LATE, UNKNOWN)
    assert claims(made, ()) == claims(made[::-1], ())


@pytest.mark.parametrize("which", OF_FINETUNE, ids=lambda one: one.key)
def test_every_row_has_as_many_cells_as_its_head(which):
    for table in claim(which, boards(THROUGHOUT, NEVER, EARLY, LATE)).tables:
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_other_arms_change_nothing_that_is_said():
    made = boards(EARLY, LATE, NEVER, THROUGHOUT, UNKNOWN)
    more = [
        dataclasses.replace(one, arms=one.arms | {"autoencoder": one.arms["finetune"]})
        for one in made
    ]
    said, before = claims(more, ()), claims(made, ())
    assert all(said[one] == before[one] for one in OF_FINETUNE)


@pytest.mark.parametrize("which", OF_REASONS, ids=lambda one: one.key)
def test_what_was_not_measured_says_so_and_how_to_measure_it(which):
    made = claim(which, boards(*[THROUGHOUT] * 4))
    assert made.headline == "not measured"
    assert "measures it" in made.reason
