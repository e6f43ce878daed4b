from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.analysis.gains import Pair
from benchmark.analysis.next_trials import (
    FIRST,
    FIRST_AT_SMALLEST,
    MOST_SEEDS,
    Add,
    Sampled,
    Stop,
    next_trials,
    opening,
)

GRID = (1, 2, 5, 10, 20, 50, 100, 200)
MARGIN = 0.01
CLEAR = dict(zip(GRID, (0.3, 0.25, 0.2, 0.15, 0.1, -0.05, -0.05, -0.05), strict=True))
"""Gains that cross the margin between two N."""
OPEN = CLEAR | dict.fromkeys((50, 100, 200), MARGIN)
"""Gains that fall to the margin and stay there."""
LEVEL = dict.fromkeys(GRID, MARGIN)


def made(gains, seeds, noise=0.02, images=10_000, disagree=0.1, draw=0):
    """Pairs whose gains are as given, plus seed noise that falls with N."""
    found = []
    for n, count in seeds.items():
        luck = np.random.default_rng([n, draw]).standard_normal(count)
        for seed in range(count):
            gain = gains[n] + noise * luck[seed] / n**0.25
            found.append(Pair(n, seed, 0.5, 0.5 + gain, images, max(disagree, abs(gain))))
    return found


def sampled(gains, seeds, costs=None, budget=None, **how):
    costs = costs or dict.fromkeys(GRID, 1.0)
    return Sampled(GRID, seeds, made(gains, seeds, **how), costs, budget)


def asked(*given, **how):
    return next_trials(sampled(*given, **how), MARGIN)


def swept(gains, **how):
    """Asks until it stops; returns all steps and the seeds."""
    seeds, steps = {}, []
    while not steps or isinstance(steps[-1], Add):
        steps.append(asked(gains, seeds, **how))
        if isinstance(steps[-1], Add):
            seeds = {**seeds, **steps[-1].seeds}
    return steps, seeds


START = dict.fromkeys((1, 5, 20, 100, 200), FIRST) | {1: FIRST_AT_SMALLEST}


@pytest.mark.parametrize(
    ("grid", "first"),
    [
        (GRID, [1, 5, 20, 100, 200]),
        ((1, 2, 5, 10, 20, 50, 84), [1, 5, 20, 84]),
        ((1, 4), [1, 4]),
        ((50,), [50]),
    ],
)
def test_a_sweep_starts_at_the_nearest_sizes_of_the_grid_and_the_largest(grid, first):
    assert opening(grid) == first


def test_nothing_is_looked_at_before_every_size_of_the_start_has_its_seeds():
    step = asked(CLEAR, {1: 3, 5: 3, 200: 2})
    assert step.look is None
    assert step.seeds == {n: count for n, count in START.items() if n != 5}


def test_a_size_that_was_begun_gets_its_first_seeds():
    assert asked(CLEAR, START | {10: 1}).seeds == {10: FIRST}


def test_a_clear_fall_needs_no_more_than_the_start():
    step = asked(CLEAR, START, noise=0.001)
    assert (step.why, step.look.kind) == ("decided", "hurts")
    assert step.saved == pytest.approx(1 - 17 / 80)


def test_new_sizes_are_opened_where_the_crossover_may_lie_and_nowhere_else():
    step = asked(CLEAR | {20: 0.01}, START)
    low, high = step.look.low, step.look.high
    assert set(step.seeds) == {n for n in (2, 10, 50) if low < n < high} != set()
    assert set(step.seeds.values()) == {FIRST}


def test_an_interval_without_a_size_of_the_grid_inside_is_as_narrow_as_it_gets():
    grid, ends = (1, 200), {1: FIRST_AT_SMALLEST, 200: FIRST}
    step = next_trials(
        Sampled(grid, ends, made(CLEAR, ends, 0.001), dict.fromkeys(grid, 1.0)), MARGIN
    )
    assert step.why == "decided"
    assert step.look.doublings > 5


EVERYWHERE = dict.fromkeys(GRID, 5)


def test_seeds_go_where_it_is_open_whether_the_gain_is_above_the_margin():
    step = asked(OPEN, EVERYWHERE, noise=0.05)
    assert set(step.seeds) < {50, 100, 200}
    assert all(0.0 < one.above < 1.0 and 0.0 < one.drop < 0.5 for one in step.choices)
    assert set(step.seeds.values()) == {7}
    assert len(step.seeds) == 2


def test_of_equally_open_sizes_those_that_cost_less_get_the_seeds():
    costs = {n: 1.0 if n in (2, 50) else 100.0 for n in GRID}
    assert set(asked(LEVEL, EVERYWHERE, costs).seeds) == {2, 50}


def test_few_test_images_end_it_with_how_many_would_hold_half():
    step = asked(LEVEL, dict.fromkeys(GRID, 15), images=200, noise=0.001, disagree=0.4)
    assert step.why == "images"
    assert step.by_images > 0.7
    assert step.test_images == round(200 * step.by_images / (1 - step.by_images))


def test_a_budget_buys_no_more_than_it_can():
    assert len(asked(LEVEL, EVERYWHERE, budget=40 + 4).seeds) == 2
    assert len(asked(LEVEL, EVERYWHERE, budget=40 + 3).seeds) == 1
    assert asked(LEVEL, EVERYWHERE, budget=40 + 1).why == "spent"


def test_without_a_budget_it_is_that_of_ten_seeds_everywhere():
    _, seeds = swept(LEVEL, noise=0.1)
    assert 78 <= sum(seeds.values()) <= 80


def test_no_size_gets_more_than_the_most_seeds():
    step = asked(LEVEL, dict.fromkeys(GRID, MOST_SEEDS), budget=1e9)
    assert step.why == "seeds"


def test_where_every_trial_failed_it_ends():
    nothing = dataclasses.replace(sampled(CLEAR, START), pairs=())
    assert next_trials(nothing, MARGIN).why == "failed"


def test_a_size_where_every_trial_failed_gets_no_more():
    some = sampled(LEVEL, EVERYWHERE)
    left = [pair for pair in some.pairs if pair.images_per_class != 50]
    step = next_trials(dataclasses.replace(some, pairs=left), MARGIN)
    assert isinstance(step, Add)
    assert 50 not in step.seeds


def test_trials_that_failed_count_as_run():
    some = sampled(OPEN, EVERYWHERE, noise=0.05)
    left = [pair for pair in some.pairs if pair.seed]
    step = next_trials(dataclasses.replace(some, pairs=left), MARGIN)
    assert set(step.seeds.values()) == {7}


unhurried = settings(deadline=None, max_examples=15)


@unhurried
@given(
    st.lists(st.floats(-0.05, 0.2), min_size=8, max_size=8),
    st.floats(0.001, 0.1),
    st.integers(0, 9),
    st.sampled_from([100, 1000, 100_000]),
)
def test_whatever_the_gains_it_adds_seeds_until_it_stops(gains, noise, draw, images):
    steps, seeds = swept(dict(zip(GRID, gains, strict=True)), noise=noise, draw=draw, images=images)
    assert isinstance(steps[-1], Stop)
    assert set(seeds) <= set(GRID)
    assert all(FIRST <= count <= MOST_SEEDS for count in seeds.values())
    assert sum(seeds.values()) <= 80
    if steps[-1].why == "decided":
        assert steps[-1].look.kind != "undecided"


@unhurried
@given(st.integers(0, 9), st.randoms())
def test_the_order_of_the_trials_changes_nothing(draw, random):
    some = sampled(LEVEL, EVERYWHERE, draw=draw)
    mixed = dataclasses.replace(some, pairs=random.sample(some.pairs, len(some.pairs)))
    one, other = next_trials(some, MARGIN), next_trials(mixed, MARGIN)
    assert one == other
