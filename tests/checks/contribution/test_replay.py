"""Steps, losses and whether they levelled off, against the schedule of their recipe."""

import dataclasses

import pytest

from benchmark.checks.contribution.replay import replay_faults
from benchmark.records.recipe import Recipe, as_stored, stored
from benchmark.records.record import Training

RECIPE = stored(as_stored(Recipe(learning_rate=0.01, views=32_000)))
"""Ten windows of fifty steps; the cool-down has three."""
FALLING = Training(500, (2.0, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6, 0.5, 0.4), False, 1.0)
EARLY = Training(429, (1.0, 0.1, *[0.01] * 7), True, 1.0)
"""Its cool-down begins after 19,200 views."""


def faults(training, **changed):
    recipe = stored({**RECIPE.settings, **changed})
    return list(replay_faults(recipe, training))


@pytest.mark.parametrize(
    ("training", "changed"),
    [
        (FALLING, {}),
        (EARLY, {}),
        (dataclasses.replace(EARLY, steps=286, losses=EARLY.losses[:6]), {"floor_after": 6_400}),
    ],
)
def test_what_a_schedule_makes_is_sound(training, changed):
    assert faults(training, **changed) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"steps": 499},
        {"losses": FALLING.losses[:2]},
        {"steps": 1, "losses": FALLING.losses[:2], "levelled_off": True},
    ],
)
def test_steps_that_its_losses_do_not_lead_to_are_told(forged):
    (said,) = faults(dataclasses.replace(FALLING, **forged))
    assert said.startswith("training: with such losses it ends after 500 steps and has 10 of them")


def test_a_loss_that_is_said_to_have_levelled_off_and_fell_is_told():
    (said,) = faults(dataclasses.replace(FALLING, levelled_off=True))
    assert said == "training.levelled_off: not what its losses say"


def test_a_loss_that_rounding_puts_on_the_floor_is_believed():
    assert faults(dataclasses.replace(EARLY, losses=(1.0, 0.02), steps=7)) == []


@pytest.mark.parametrize("changed", [{"views": None}, {"batch_size": 0}, {"floor": float("nan")}])
def test_a_recipe_without_a_schedule_is_told(changed):
    (said,) = faults(FALLING, **changed)
    assert said.startswith("recipe: what its schedule is made of")
