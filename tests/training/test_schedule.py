from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.records.recipe import Recipe
from benchmark.training.schedule import WINDOW_VIEWS, Schedule

RECIPE = Recipe(learning_rate=0.01, views=128_000, batch_size=64, warmup=6_400, floor_after=19_200)
STEPS, WINDOW = 2000, 50
"""Of `RECIPE`; its floor counts from step 300 on."""
LOW = 0.01


def after(*losses, recipe=RECIPE):
    """A schedule that has been told of these windows."""
    schedule = Schedule(recipe)
    for i, loss in enumerate(losses):
        schedule.observe((i + 1) * schedule.window, loss)
    return schedule


def test_the_rate_rises_stays_and_falls_to_zero_in_a_straight_line():
    rates = [Schedule(RECIPE).rate(step) for step in range(STEPS)]
    assert rates[0] == pytest.approx(0.01 / 100)
    assert rates[:100] == sorted(rates[:100])
    assert set(rates[99:1400]) == {0.01}
    assert rates[1700] == pytest.approx(0.005)
    assert rates[-1] == pytest.approx(0.01 / 600)


@given(st.integers(1, 10**6), st.integers(1, 512))
def test_any_budget_ends_with_a_step_above_zero(views, batch_size):
    schedule = Schedule(replace(RECIPE, views=views, batch_size=batch_size))
    assert 0 < schedule.rate(schedule.end - 1) <= 0.01
    assert schedule.rate(schedule.end) == 0


def test_a_single_step_is_made_at_the_full_rate():
    assert Schedule(replace(RECIPE, views=1, warmup=0)).rate(0) == 0.01


@pytest.mark.parametrize(("batch_size", "window"), [(64, 50), (32, 100), (3_000, 2)])
def test_windows_are_of_equal_views_whatever_the_budget(batch_size, window):
    for views in (1_000, 10**6):
        assert Schedule(replace(RECIPE, views=views, batch_size=batch_size)).window == window
    assert window * batch_size >= WINDOW_VIEWS


def test_two_windows_below_the_floor_begin_the_cool_down():
    schedule = after(*[0.5] * 8, LOW, LOW)
    assert schedule.trunk == 10 * WINDOW
    assert schedule.end == round(10 * WINDOW / 0.7)
    assert schedule.rate(schedule.trunk) == 0.01
    assert schedule.rate(schedule.end - 1) == pytest.approx(0.01 / (schedule.end - schedule.trunk))


def test_one_window_below_the_floor_changes_nothing():
    assert after(*[0.5] * 8, LOW).end == STEPS


def test_a_loss_that_comes_back_up_starts_the_count_again():
    assert after(*[0.5] * 8, LOW, 0.5, LOW).end == STEPS


def test_the_floor_does_not_count_before_a_minimum_of_views():
    assert after(*[LOW] * 5).end == STEPS
    assert after(*[LOW] * 6).trunk == 6 * WINDOW


def test_without_a_floor_the_whole_budget_is_used():
    assert after(*[0.0] * 40, recipe=replace(RECIPE, floor=0.0)).end == STEPS


def test_in_the_cool_down_the_floor_changes_nothing():
    assert after(*[0.5] * 27, LOW, LOW).end == STEPS


@given(st.lists(st.floats(0, 0.1), max_size=40))
def test_no_training_outlasts_its_budget(losses):
    assert after(*losses).end <= STEPS


@given(st.integers(1, 20))
def test_an_early_end_comes_before_the_budgets(low_from):
    """So that a record tells an early end from a budget by its steps."""
    schedule = after(*[0.5] * low_from, *[LOW] * 40)
    assert (schedule.end < STEPS) == (schedule.trunk < 1400)


@given(st.lists(st.floats(0, 0.1), max_size=27), st.integers(1, 4))
def test_until_the_cool_down_a_longer_training_has_the_rates_of_a_shorter_one(losses, times):
    longer = after(*losses, recipe=replace(RECIPE, views=times * RECIPE.views))
    shorter = after(*losses)
    for step in range(0, min(shorter.trunk, longer.trunk), 7):
        assert shorter.rate(step) == longer.rate(step)
    assert shorter.trunk <= longer.trunk


@given(st.lists(st.floats(0, 0.1), max_size=13), st.sampled_from([64_000, 128_000, 512_000]))
def test_a_branch_is_the_schedule_that_had_the_other_budget_always(losses, views):
    branched = after(*losses).branch(views, len(losses) * WINDOW)
    always = after(*losses, recipe=replace(RECIPE, views=views))
    assert (branched.trunk, branched.end) == (always.trunk, always.end)
    branched.observe(700, LOW)
    always.observe(700, LOW)
    assert (branched.trunk, branched.end) == (always.trunk, always.end)


@pytest.mark.parametrize(("views", "step"), [(64_000, 701), (256_000, 1401)])
def test_no_branch_leaves_a_cool_down(views, step):
    with pytest.raises(ValueError, match="lies in a cool-down"):
        Schedule(RECIPE).branch(views, step)


def test_an_early_cool_down_is_that_of_every_larger_budget():
    schedule = after(*[0.5] * 8, LOW, LOW)
    larger = schedule.branch(10 * RECIPE.views, schedule.end - 1)
    assert (larger.trunk, larger.end) == (schedule.trunk, schedule.end)


@pytest.mark.parametrize(("trunk_steps", "windows"), [(1400, 28), (20, 1)])
def test_the_windows_before_the_cool_down_are_counted(trunk_steps, windows):
    views = round(trunk_steps / 0.7) * RECIPE.batch_size
    assert Schedule(replace(RECIPE, views=views)).trunk_windows == windows
