import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.analysis.effective import AccuracyCell, EffectiveImages, effective_images, invert

SIZES = (1, 2, 5, 10, 20, 50, 100)
RISING = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def arm(means, noise=0.004, seeds=3, sizes=SIZES):
    rng = np.random.default_rng(1)
    return [
        AccuracyCell(n, tuple(range(seeds)), tuple(mean + noise * rng.standard_normal(seeds)))
        for n, mean in zip(sizes, means, strict=False)
    ]


def only(scratch, accuracy, at=5, **options) -> EffectiveImages:
    (answer,) = effective_images(scratch, arm([accuracy], sizes=(at,), **options))
    return answer


def test_an_accuracy_that_scratch_reaches_at_fifty_is_worth_fifty():
    answer = only(arm(RISING), 0.7)
    assert answer.effective == pytest.approx(50, rel=0.1)
    assert answer.low < answer.effective < answer.high
    assert answer.multiplier == pytest.approx(10, rel=0.1)
    assert answer.multiplier_low < answer.multiplier < answer.multiplier_high


def test_what_scratch_never_reaches_is_worth_at_least_its_largest_size():
    answer = only(arm(RISING), 0.95)
    assert (answer.effective, answer.at_least, answer.high) == (100.0, True, None)
    assert answer.multiplier == 20.0


def test_what_scratch_beats_at_its_smallest_size_is_refused():
    answer = only(arm(RISING), 0.1)
    assert answer.effective is None
    assert answer.multiplier is None
    assert answer.refusal == "below_grid"


def test_a_flat_scratch_curve_is_refused():
    assert only(arm([0.5] * 7), 0.6).refusal == "not_rising"


def test_a_noisy_scratch_curve_is_refused():
    assert only(arm(RISING, noise=0.3), 0.5).refusal is not None


def test_a_plateau_cannot_be_read_backwards():
    scratch = arm([0.2, 0.50, 0.505, 0.506, 0.507, 0.508, 0.6], noise=0.01)
    assert only(scratch, 0.506).refusal == "too_wide"


def test_one_seed_is_refused():
    assert only(arm(RISING, seeds=1), 0.5).refusal == "one_seed"
    assert only(arm(RISING), 0.5, seeds=1).refusal == "one_seed"


def test_one_size_of_scratch_is_refused():
    assert only(arm(RISING[:1]), 0.5).refusal == "one_size"


def test_missing_cells_are_passed_over():
    scratch = [*arm(RISING), AccuracyCell(200, (), ())]
    assert only(scratch, 0.7).effective == pytest.approx(50, rel=0.1)


def test_a_small_test_set_widens_the_interval():
    sharp = only(arm(RISING), 0.7)
    blunt = [AccuracyCell(c.images_per_class, c.seeds, c.accuracies, 0.0004) for c in arm(RISING)]
    wide = only(blunt, 0.7)
    assert wide.low < sharp.low


def test_answers_come_in_rising_order_of_size():
    answers = effective_images(arm(RISING), arm([0.5, 0.6, 0.7])[::-1])
    assert [answer.images_per_class for answer in answers] == [1, 2, 5]


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_better_arm_is_never_worth_less(one, other):
    places = np.log2(SIZES)
    curves = np.array([RISING, RISING])
    low, high = invert(places, curves, np.array([min(one, other), max(one, other)]))
    assert low <= high


@settings(deadline=None, max_examples=20)
@given(st.randoms())
def test_the_order_of_the_cells_does_not_matter(random):
    scratch, pretrained = arm(RISING), arm([0.5, 0.6, 0.7])
    mixed = effective_images(random.sample(scratch, 7), random.sample(pretrained, 3))
    assert mixed == effective_images(scratch, pretrained)
