from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.records.recipe import Recipe
from benchmark.training.schedule import Schedule

RECIPE = Recipe(learning_rate=0.01, steps=100, warmup=0.1, floor=0.02)


def after(*losses):
    schedule = Schedule(RECIPE)
    for i, loss in enumerate(losses):
        schedule.observe((i + 1) * schedule.window, loss)
    return schedule


def test_the_rate_rises_from_zero_and_falls_back_to_it():
    rates = [Schedule(RECIPE).rate(step) for step in range(100)]
    assert rates[9] == max(rates) == 0.01
    assert rates[0] == pytest.approx(0.001)
    assert rates[-1] < 1e-5


def test_one_window_below_the_floor_changes_nothing():
    assert after(0.5, 0.01).end == 100


def test_two_windows_below_the_floor_leave_three_tenths_of_the_budget():
    assert after(0.5, 0.01, 0.01).end == 6 + 30


def test_a_loss_that_comes_back_up_starts_the_count_again():
    assert after(0.01, 0.5, 0.01).end == 100


def test_the_cool_down_starts_at_the_present_rate_and_ends_at_zero():
    schedule = after(0.5, *[0.5] * 20, 0.01, 0.01)
    first = schedule.end - 30
    assert schedule.rate(first) == pytest.approx(Schedule(RECIPE).rate(first))
    assert schedule.rate(schedule.end - 1) == pytest.approx(schedule.rate(first) / 30)


def test_without_a_floor_the_whole_budget_is_used():
    schedule = Schedule(Recipe(learning_rate=0.01, steps=100, floor=0.0))
    for step in range(2, 100, 2):
        schedule.observe(step, 0.0)
    assert schedule.end == 100


@given(st.lists(st.floats(0, 1), max_size=50))
def test_no_training_outlasts_its_budget(losses):
    assert after(*losses).end <= 100
