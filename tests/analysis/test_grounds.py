import numpy as np
import pytest

from benchmark.analysis.crossover import verdict
from benchmark.analysis.gains import GainCell
from benchmark.analysis.grounds import grounds_of, pooled_mean

SIZES = (1, 2, 5, 10)


def draws(means, errors):
    rng = np.random.default_rng(0)
    return np.array(means) + np.array(errors) * rng.standard_normal((20000, len(means)))


FALLING = draws([0.2, 0.1, 0.02, 0.0], [0.01] * 4)


def test_the_measured_sizes_are_told_apart_by_the_interval():
    grounds = grounds_of(SIZES, FALLING, 2.0, 9.5)
    assert (grounds.helped.first, grounds.helped.last) == (1, 2)
    assert (grounds.gone.first, grounds.gone.last) == (10, 10)
    assert grounds.unresolved == (5,)


@pytest.mark.parametrize(("low", "high"), [(None, None), (0.5, 20.0)])
def test_without_sizes_on_a_side_there_is_no_mean(low, high):
    grounds = grounds_of(SIZES, FALLING, low, high)
    assert (grounds.helped, grounds.gone) == (None, None)
    assert grounds.unresolved == SIZES


def test_the_mean_over_a_stretch_has_an_interval():
    helped = grounds_of(SIZES, FALLING, 2.0, None).helped
    assert helped.mean == pytest.approx(0.15, abs=0.002)
    assert (helped.low, helped.high) == pytest.approx((0.136, 0.164), abs=0.002)


def test_what_is_well_known_weighs_more():
    assert pooled_mean(draws([0.0, 0.1], [0.1, 0.01])).mean() == pytest.approx(0.1, abs=0.005)


def judged(*means):
    cells = [(n, mean) for n, mean in zip(SIZES, means, strict=True)]
    return verdict([GainCell(n, (0, 1, 2), (m - 0.003, m, m + 0.003)) for n, m in cells])


def test_a_verdict_that_stops_can_be_checked_on_both_sides():
    found = judged(0.3, 0.2, 0.0, 0.0)
    assert found.kind == "stops"
    assert found.grounds.helped.low > found.margin > found.grounds.gone.high
    assert found.grounds.unresolved == ()


@pytest.mark.parametrize(("mean", "kind"), [(0.0, "never_helps"), (-0.1, "hurts")])
def test_where_nothing_helps_all_sizes_say_so(mean, kind):
    found = judged(*[mean] * 4)
    assert found.kind == kind
    assert (found.grounds.gone.first, found.grounds.gone.last) == (1, 10)
    assert found.grounds.gone.high < found.margin


def test_where_it_helps_throughout_all_sizes_say_so():
    found = judged(*[0.2] * 4)
    assert found.grounds.helped.last == 10
    assert found.grounds.helped.low > found.margin


def test_one_seed_resolves_nothing():
    found = verdict([GainCell(n, (0,), (0.1,)) for n in SIZES])
    assert (found.grounds.helped, found.grounds.unresolved) == (None, SIZES)
