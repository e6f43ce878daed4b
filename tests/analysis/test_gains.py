import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.analysis.crossover import verdict
from benchmark.analysis.gains import (
    GainCell,
    Pair,
    disagreement,
    estimates,
    gain_cells,
    image_noise,
    pooled_gains,
)

shares = st.floats(0, 1)
unhurried = settings(deadline=None, max_examples=60)


def pairs(scratch, pretrained, images=100, disagree=None, n=1):
    """One pair for each pair of accuracies."""
    both = zip(scratch, pretrained, strict=True)
    return [Pair(n, seed, a, b, images, disagree) for seed, (a, b) in enumerate(both)]


def counted(pretrained, scratch, n=1):
    """Pairs as records make them, from which images were right, [seeds, images] each."""
    return [
        Pair(n, seed, one.mean(), other.mean(), len(one), (one != other).mean())
        for seed, (other, one) in enumerate(zip(pretrained, scratch, strict=True))
    ]


def image_variance(pairs):
    """What the images add to the variance of the mean of the only cell."""
    (variance,) = pooled_gains(gain_cells(pairs)).of_test
    return variance


def test_pairs_become_cells_in_rising_order():
    made = [Pair(n, seed, 0.5, 0.5 + n / 10, 9, None) for n in (2, 1) for seed in (1, 0)]
    assert [(c.images_per_class, c.seeds) for c in gain_cells(made)] == [(1, (0, 1)), (2, (0, 1))]
    assert gain_cells(made)[1].gains == pytest.approx((0.2, 0.2))


def test_where_the_number_of_test_images_is_unknown_they_add_nothing():
    assert image_variance(pairs([0.5] * 3, [0.6] * 3, images=None)) == 0.0


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("disagree", [0.0, None])
def test_a_few_test_images_that_tell_nothing_apart_promise_nothing(share, disagree):
    made = pairs([share] * 3, [share] * 3, images=8, disagree=disagree)
    assert image_variance(made) ** 0.5 > 0.1


@pytest.mark.parametrize("disagree", [0.0, None])
def test_eight_test_images_that_are_all_right_decide_nothing(disagree):
    made = [p for n in (1, 5, 20) for p in pairs([1.0] * 5, [1.0] * 5, 8, disagree, n)]
    assert verdict(gain_cells(made)).kind == "undecided"


def test_where_seeds_change_nothing_all_of_the_images_variance_is_their_own():
    made = pairs([0.5] * 3, [0.6] * 3, images=1000, disagree=0.2)
    assert image_variance(made) == pytest.approx((0.2 - 0.1**2) / 1000, rel=0.02)


def test_what_changes_with_the_seed_is_not_counted_twice():
    restless = pairs([0.5] * 3, [0.5, 0.6, 0.7], disagree=0.3)
    assert image_variance(restless) == pytest.approx(0.08 * 0.283 / 100, rel=0.05)


def test_more_images_per_class_leave_less_to_the_seed():
    few, many = (pairs([0.5] * 2, [0.2, 0.8], disagree=0.6, n=n) for n in (1, 100))
    assert image_variance(many) == pytest.approx(100**0.36 * image_variance(few))


def test_it_is_the_variance_over_new_test_images():
    # On three images in ten one arm is right, whatever the seed; luck turns some answers over.
    rng = np.random.default_rng(1)
    estimated, found = [], []
    for _ in range(1000):
        side = rng.choice([-1, 0, 1], 300, p=[0.1, 0.7, 0.2])
        luck = rng.random((2, 5, 300)) < 0.1
        scratch, pretrained = (side < 0) | luck[0], (side > 0) | luck[1]
        estimated.append(image_variance(counted(pretrained, scratch)))
        found.append(pretrained.mean() - scratch.mean())
    of_luck = (0.7 * 2 + 0.3) * 0.1 * 0.9 / 300 / 5
    assert np.mean(estimated) == pytest.approx(np.var(found) - of_luck, rel=0.15)


def test_counted_and_usual_disagreement_are_told_apart():
    (usual,) = pairs([0.6], [0.7])
    assert disagreement(dataclasses.replace(usual, disagree=0.2)) == 0.2
    assert disagreement(usual) == pytest.approx(0.58 * (0.24 + 0.21 + 0.1))


@unhurried
@given(shares, shares)
def test_usual_disagreement_is_one_that_such_accuracies_can_have(scratch, pretrained):
    (pair,) = pairs([scratch], [pretrained])
    both = scratch + pretrained
    assert abs(pair.gain) - 1e-12 <= disagreement(pair) <= min(both, 2 - both) + 1e-12


@unhurried
@given(shares, shares, st.integers(1, 10**6))
def test_fewer_test_images_never_mean_less_variance(scratch, pretrained, images):
    few, many = (pairs([scratch] * 2, [pretrained] * 2, count) for count in (images, 4 * images))
    assert image_variance(few) > image_variance(many) > 0


@unhurried
@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=5), st.randoms())
def test_the_order_of_the_pairs_does_not_matter(drawn, random):
    made = [Pair(1, seed, *both, 50, disagree) for seed, (*both, disagree) in enumerate(drawn)]
    assert gain_cells(random.sample(made, len(made))) == gain_cells(made)


@pytest.mark.parametrize(
    ("images", "disagree", "rests_on"),
    [(None, None, "unknown"), (None, 0.1, "unknown"), (9, None, "usual"), (9, 0.1, "counted")],
)
def test_it_is_known_what_the_images_noise_rests_on(images, disagree, rests_on):
    made = pairs([0.5], [0.6], images, disagree)
    assert image_noise(made) == rests_on


def test_one_pair_without_a_count_makes_it_usual():
    assert image_noise([*pairs([0.5], [0.6], 9, 0.1), *pairs([0.5], [0.6], 9, None)]) == "usual"


def test_a_cell_borrows_its_noise_from_the_others():
    lucky = GainCell(2, (0, 1, 2), (0.1, 0.1, 0.1))
    others = [GainCell(n, (0, 1, 2), (0.0, 0.1, 0.2)) for n in (1, 4)]
    (alone,), (_, pooled, _) = estimates([lucky]), estimates([others[0], lucky, others[1]])
    assert alone.high - alone.low < 0.01 < pooled.high - pooled.low


def test_one_seed_has_an_interval_where_others_have_two():
    made = [GainCell(1, (0,), (0.1,)), GainCell(2, (0, 1), (0.0, 0.1))]
    assert estimates(made)[0].low < 0.1
    assert estimates(made[:1])[0].low is None
