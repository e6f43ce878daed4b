import numpy as np
import pytest

from benchmark.checks.calibration.curves import PLACES, SHAPES
from benchmark.defaults import MARGIN

CROSSING = ("smooth", "kinked", "peaked", "bump", "jump", "slow", "slight")


def truths(shape, count=50):
    rng = np.random.default_rng(0)
    return [SHAPES[shape](rng) for _ in range(count)]


@pytest.mark.parametrize("shape", CROSSING)
def test_true_curves_are_above_the_margin_before_their_crossover_and_never_after(shape):
    for truth in truths(shape):
        later = np.linspace(truth.crossover, PLACES[-1], 50)
        assert (truth.curve(later) <= MARGIN + 1e-9).all()
        assert truth.curve(later[:1] - 0.1)[0] > MARGIN


@pytest.mark.parametrize("shape", [one for one in CROSSING if one != "jump"])
def test_gradual_curves_cross_the_margin_at_their_crossover(shape):
    for truth in truths(shape):
        assert truth.curve(np.array([truth.crossover]))[0] == pytest.approx(MARGIN)


@pytest.mark.parametrize("shape", [one for one in SHAPES if one not in CROSSING])
def test_other_curves_have_no_crossover(shape):
    assert {truth.crossover for truth in truths(shape)} == {None}


def test_a_bump_helps_only_in_the_middle():
    for truth in truths("bump"):
        gains = truth.curve(PLACES)
        assert gains[0] <= 0 < 0.03 < gains.max()


def test_a_level_at_the_margin_is_above_it_by_a_hair():
    assert all(0 < truth.curve(PLACES)[-1] - MARGIN < 0.01 for truth in truths("level"))
