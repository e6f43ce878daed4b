import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.analysis import crossover
from benchmark.analysis.crossover import Verdict, crossings, falling_after_peak, verdict
from benchmark.analysis.gains import GainCell
from benchmark.pages.words import reason

SIZES = (1, 2, 5, 10, 20, 50, 100)
unhurried = settings(deadline=None, max_examples=40)
few_points = st.lists(st.floats(-0.1, 0.4), min_size=1, max_size=7)


def cells(means, noise=0.004, seeds=3, image_variance=0.0, sizes=SIZES, seed=0):
    """Gains per N: the given means plus seed noise."""
    rng = np.random.default_rng(seed)
    return [
        GainCell(n, tuple(range(seeds)), tuple(mean + noise * rng.standard_normal(seeds)))
        if not image_variance
        else GainCell(n, tuple(range(seeds)), (mean,) * seeds, image_variance)
        for n, mean in zip(sizes, means, strict=False)
    ]


PATTERNS = {
    "stops": [0.3, 0.2, 0.1, 0.05, 0.0, 0.0, 0.0],
    "helps_throughout": [0.1] * 7,
    "never_helps": [0.0] * 7,
    "hurts": [0.2, 0.1, 0.05, 0.0, -0.04, -0.06, -0.08],
}


@pytest.mark.parametrize("kind", PATTERNS)
@pytest.mark.parametrize("noise", [0.0, 0.002, 0.005])
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("count", [4, 5, 7])
def test_clear_patterns_get_the_verdict_anyone_would_give(kind, noise, seeds, count):
    start = 7 - count if kind in ("stops", "hurts") else 0
    means = PATTERNS[kind][start:]
    assert verdict(cells(means, noise, seeds, sizes=SIZES[start:])).kind == kind


def test_wild_noise_is_undecided():
    result = verdict(cells([0.05] * 7, noise=0.2))
    assert result.kind == "undecided"
    assert "seeds" in reason(result)


def test_the_crossover_lies_in_its_interval_and_in_the_right_gap():
    result = verdict(cells(PATTERNS["stops"]))
    assert 10 <= result.low <= result.crossover <= result.high <= 21


def test_a_curve_that_is_small_at_first_then_large_then_nothing_stops():
    result = verdict(cells([0.005, 0.15, 0.3, 0.2, 0.1, 0.0, -0.005], noise=0.003))
    assert result.kind == "stops"
    assert 20 < result.crossover < 51


def test_a_gain_that_rises_to_the_end_helps_throughout():
    result = verdict(cells([0.0, 0.0, 0.02, 0.05, 0.1, 0.15, 0.2]))
    assert (result.kind, result.low, result.high) == ("helps_throughout", 100.0, None)


def test_what_hurts_from_the_start_has_no_crossover():
    result = verdict(cells([-0.05] * 7))
    assert (result.kind, result.crossover, result.hurts_from) == ("hurts", None, 1.0)


def test_what_hurts_later_and_may_never_have_helped_has_no_crossover():
    result = verdict(cells([0.015, 0.01, 0.0, -0.05, -0.1, -0.1, -0.1], noise=0.01))
    assert (result.kind, result.crossover, result.low) == ("hurts", None, None)
    assert result.high < 11
    assert result.grounds.gone.first == 10


def test_hurting_later_says_from_where_on():
    result = verdict(cells(PATTERNS["hurts"]))
    assert 5 < result.crossover < result.hurts_from < 21
    assert "from about" in reason(result)


def test_one_seed_is_undecided_and_claims_no_interval():
    result = verdict(cells(PATTERNS["stops"], seeds=1))
    assert (result.kind, result.low, result.high) == ("undecided", None, None)
    assert all(gain.low is None and gain.high is None for gain in result.gains)
    assert "three seeds" in reason(result)


def test_no_results_at_all_are_undecided():
    assert verdict([]).kind == "undecided"


def test_a_single_size_can_only_help_throughout_or_not():
    assert verdict(cells([0.2])).kind == "helps_throughout"
    assert verdict(cells([0.0], noise=0.002)).kind == "never_helps"


def test_missing_cells_and_unequal_seeds_are_taken_as_they_are():
    measured = cells(PATTERNS["stops"], seeds=5)
    measured[1] = GainCell(2, (), ())
    measured[3] = dataclasses.replace(measured[3], seeds=(0, 1), gains=measured[3].gains[:2])
    measured[5] = dataclasses.replace(measured[5], seeds=(4,), gains=measured[5].gains[:1])
    result = verdict(measured)
    assert result.kind == "stops"
    assert [gain.seeds for gain in result.gains] == [5, 5, 2, 5, 1, 5]


def test_a_small_test_set_opens_the_interval():
    sharp = verdict(cells(PATTERNS["stops"], image_variance=0.001**2))
    blunt = verdict(cells(PATTERNS["stops"], image_variance=0.03**2))
    assert (sharp.kind, blunt.kind) == ("stops", "undecided")
    assert blunt.high is None


def test_an_ill_known_size_does_not_outvote_those_that_are_well_known():
    measured = cells([0.3, 0.2, 0.1, -0.1, 0.03, 0.03, 0.03], noise=0.002)
    measured[3] = dataclasses.replace(measured[3], image_variance=0.01)
    assert verdict(measured).kind == "helps_throughout"


def test_equal_gains_do_not_give_an_interval_without_width():
    result = verdict(cells(PATTERNS["stops"], noise=0.0))
    assert result.high / result.low > 1.05


@pytest.mark.parametrize("margin", [-0.01, 1.0, float("nan")])
def test_a_margin_out_of_range_is_refused(margin):
    with pytest.raises(ValueError, match="margin"):
        verdict(cells([0.1]), margin)


@pytest.mark.parametrize("gain", [1.5, float("nan")])
def test_a_gain_out_of_range_is_refused(gain):
    with pytest.raises(ValueError, match="gain"):
        verdict([GainCell(1, (0, 1), (0.1, gain))])


def test_the_same_size_twice_is_refused():
    with pytest.raises(ValueError, match="two cells"):
        verdict(cells([0.1]) * 2)


def test_a_verdict_takes_a_fraction_of_a_second():
    verdict(cells(PATTERNS["stops"]))
    start = time.perf_counter()
    verdict(cells(PATTERNS["stops"]))
    assert time.perf_counter() - start < 0.3


@unhurried
@given(few_points, st.integers(0, 99), st.randoms())
def test_the_order_of_cells_and_seeds_changes_nothing(means, seed, random):
    measured = cells(means, noise=0.02, seed=seed)
    mixed = [
        GainCell(cell.images_per_class, *zip(*random.sample(pairs, len(pairs)), strict=True))
        for cell in random.sample(measured, len(measured))
        for pairs in [list(zip(cell.seeds, cell.gains, strict=True))]
    ]
    ours, theirs = verdict(measured), verdict(mixed)
    assert (ours.kind, ours.crossover, ours.low) == (theirs.kind, theirs.crossover, theirs.low)


@unhurried
@given(few_points, st.integers(0, 99), st.floats(0, 0.1), st.floats(0, 0.1))
def test_a_bigger_margin_never_moves_a_crossing_later(means, seed, one, other):
    drawn = np.random.default_rng(seed).normal(means, 0.02, (64, len(means)))
    rows = falling_after_peak(drawn, np.ones(len(means)))
    sizes = SIZES[: len(means)]
    early, late = (crossings(sizes, rows, margin) for margin in (max(one, other), min(one, other)))
    assert (early <= late + 1e-9).all()


@unhurried
@given(few_points, st.integers(0, 99))
def test_gain_and_margin_moved_together_change_nothing(means, seed):
    measured = cells(means, noise=0.01, seed=seed)
    moved = [
        dataclasses.replace(cell, gains=tuple(gain + 0.1 for gain in cell.gains))
        for cell in measured
    ]
    ours, theirs = verdict(measured, 0.01), verdict(moved, 0.11)
    if "hurts" not in (ours.kind, theirs.kind):  # its threshold is minus the margin
        assert _rounded(ours) == _rounded(theirs)


@unhurried
@given(few_points, st.integers(0, 99))
def test_an_interval_holds_its_crossover(means, seed):
    result = verdict(cells(means, noise=0.01, seed=seed))
    if result.crossover is not None:
        assert (result.low or 0) <= result.crossover <= (result.high or np.inf)


@unhurried
@given(few_points, st.integers(0, 99))
def test_the_same_gains_give_the_same_verdict(means, seed):
    assert verdict(cells(means, seed=seed)) == verdict(cells(means, seed=seed))


def _rounded(result: Verdict):
    ends = (result.crossover, result.low, result.high)
    return result.kind, [None if end is None else round(end, 6) for end in ends]


@pytest.mark.parametrize(
    ("share_of_late", "high"), [(0.0, 1.0), (0.03, None)], ids=["surely at once", "perhaps later"]
)
def test_where_it_hurts_has_an_end_only_where_the_draws_have_one(share_of_late, high):
    falling = np.full((crossover.DRAWS, 2), -0.1)
    falling[: round(share_of_late * crossover.DRAWS)] = 0.0
    draws = crossover._Draws((1, 10), falling, falling)
    found = crossover._hurting(verdict(cells([-0.1, -0.1], sizes=(1, 10))), draws, 0.025)
    assert (found.hurts_from, found.hurts_low, found.hurts_high) == (1.0, None, high)
