import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as distributions
from sklearn.isotonic import isotonic_regression

from benchmark.analysis import stats

unhurried = settings(deadline=None, max_examples=50)
accuracies = st.lists(st.floats(0, 1), min_size=2, max_size=10)


def correct(seed: int, seeds: int, images: int, hardness: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ability = 1 / (1 + np.exp(-hardness * rng.standard_normal(images)))
    return rng.random((seeds, images)) < ability


def test_without_a_test_variance_it_is_the_ordinary_t_interval():
    found = stats.estimate([0.1, 0.2, 0.4])
    expected = distributions.t.interval(0.95, 2, found.mean, distributions.sem([0.1, 0.2, 0.4]))
    assert (found.low, found.high) == pytest.approx(expected)


def test_a_dominating_test_variance_gives_the_normal_interval():
    found = stats.estimate([0.5, 0.5, 0.5], test_variance=0.01)
    assert found.high - found.mean == pytest.approx(1.96 * 0.1, rel=1e-3)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


def test_the_interval_of_a_share_ends_where_shares_do():
    found = stats.share_estimate([0.99, 1.0, 0.9])
    assert found.high == 1.0
    assert found.low == stats.estimate([0.99, 1.0, 0.9]).low
    assert stats.share_estimate([0.0, 0.1, 0.01]).low == 0.0
    assert stats.share_estimate([0.3]).interval() == (None, None)


def test_one_seed_claims_no_interval():
    found = stats.estimate([0.3], test_variance=0.01)
    assert (found.mean, found.low, found.high) == (0.3, None, None)
    assert found.p_above(0.0) == found.p_below(1.0) == 1.0
    assert found.less(stats.estimate([0.1, 0.2])).error is None


def test_equal_values_do_not_give_an_interval_without_width():
    low, high = stats.estimate([0.3, 0.3, 0.3]).interval()
    assert 0.001 < high - low < 0.01


@pytest.mark.parametrize(("side", "method"), [("greater", "p_above"), ("less", "p_below")])
def test_p_values_are_those_of_a_one_sided_t_test(side, method):
    values = [0.1, 0.2, 0.4]
    expected = distributions.ttest_1samp(values, 0.05, alternative=side).pvalue
    assert getattr(stats.estimate(values), method)(0.05) == pytest.approx(expected)


def test_a_difference_of_means_is_welchs():
    one, other = [0.1, 0.2, 0.4], [0.3, 0.35, 0.3, 0.5]
    expected = distributions.ttest_ind(one, other, equal_var=False, alternative="greater").pvalue
    assert stats.estimate(one).less(stats.estimate(other)).p_above(0.0) == pytest.approx(expected)


@pytest.mark.parametrize(("values", "variance"), [([], 0.0), ([0.1, 0.2], -1.0)])
def test_nonsense_is_refused(values, variance):
    with pytest.raises(ValueError, match="at least one"):
        stats.estimate(values, variance)


@unhurried
@given(accuracies, st.floats(0, 0.1), st.randoms())
def test_the_order_of_the_seeds_does_not_matter(values, variance, random):
    shuffled = stats.estimate(random.sample(values, len(values)), variance)
    assert shuffled.interval() == pytest.approx(stats.estimate(values, variance).interval())


@unhurried
@given(accuracies, st.floats(0, 0.1))
def test_the_interval_moves_with_the_values(values, variance):
    moved = stats.estimate([value + 0.25 for value in values], variance).interval()
    still = stats.estimate(values, variance).interval()
    assert moved == pytest.approx([end + 0.25 for end in still], abs=1e-9)


@unhurried
@given(accuracies, st.floats(0, 0.1))
def test_the_interval_never_gets_narrower_by_a_higher_level(values, variance):
    found = stats.estimate(values, variance)
    (low, high), (lower, higher) = found.interval(0.9), found.interval(0.99)
    assert lower < low < high < higher


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(2000):
        shared = 0.02 * rng.standard_normal()
        low, high = stats.estimate(0.03 * rng.standard_normal(5) + shared, 0.02**2).interval()
        hits += low <= 0 <= high
    assert 0.93 < hits / 2000 < 0.97


def test_the_test_sets_variance_is_that_of_a_new_test_set():
    rng = np.random.default_rng(5)
    estimates, accuracies = [], []
    for _ in range(400):
        right = rng.random((40, 200)) < 1 / (1 + np.exp(-2 * rng.standard_normal(200)))
        estimates.append(stats.accuracy_test_variance(right))
        accuracies.append(right.mean())
    assert np.mean(estimates) == pytest.approx(np.var(accuracies), rel=0.25)


def test_images_that_are_all_alike_add_no_variance():
    flips = np.random.default_rng(6).random((50, 2000)) < 0.5
    assert stats.accuracy_test_variance(flips) < 0.25 / 2000 / 10


@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("seeds", [1, 5])
def test_a_few_images_that_are_all_right_or_all_wrong_promise_nothing(share, seeds):
    assert stats.accuracy_test_variance(np.full((seeds, 8), bool(share))) ** 0.5 > 0.1


def test_with_one_seed_the_whole_binomial_variance_counts():
    right = correct(2, seeds=1, images=400)
    share = right.mean()
    assert stats.accuracy_test_variance(right) == pytest.approx(share * (1 - share) / 399, rel=0.01)


@unhurried
@given(st.integers(0, 1000), st.integers(1, 5))
def test_the_order_of_seeds_and_images_does_not_matter(seed, seeds):
    right, rng = correct(seed, seeds, 30), np.random.default_rng(seed)
    mixed = right[rng.permutation(seeds)][:, rng.permutation(30)]
    assert math.isclose(
        stats.accuracy_test_variance(mixed), stats.accuracy_test_variance(right), abs_tol=1e-12
    )


def test_no_test_image_is_refused():
    with pytest.raises(ValueError, match="one test image"):
        stats.accuracy_test_variance(correct(1, 3, 0))


def test_a_lucky_low_variance_is_drawn_to_the_trend():
    sizes, own = np.array([1.0, 4.0, 16.0]), np.array([0.04, 1e-8, 0.0025])
    mixed = stats.moderated_variances(sizes, own, np.array([2.0, 2.0, 2.0]))
    assert mixed[1] > 0.001


def test_one_seed_at_one_size_takes_the_trend():
    sizes, own = np.array([1.0, 4.0, 16.0]), np.array([0.04, 0.0, 0.0025])
    mixed = stats.moderated_variances(sizes, own, np.array([2.0, 0.0, 2.0]))
    assert mixed[1] == pytest.approx(0.01, rel=0.01)


def test_variances_need_two_seeds_somewhere():
    with pytest.raises(ValueError, match="two seeds"):
        stats.moderated_variances(np.array([1.0]), np.array([0.0]), np.array([0.0]))


def test_draws_have_the_mean_and_spread_that_they_are_told():
    draws = stats.pooled([1, 10], [[0.2, 0.4] * 10, [0.1, 0.3] * 10], [0.0, 0.01]).draws()
    assert draws.mean(axis=0) == pytest.approx([0.3, 0.2])
    assert draws[:, 1].std() == pytest.approx(math.hypot(0.1 / math.sqrt(20), 0.1), rel=0.1)


def test_pooled_intervals_are_those_of_the_draws():
    pooled = stats.pooled([1, 10], [[0.2, 0.4, 0.5] * 2, [0.1, 0.3, 0.2] * 2], [0.0, 0.01])
    of_draws = np.quantile(pooled.draws(), [0.025, 0.975], axis=0).T
    for estimate, (low, high) in zip(pooled.estimates(), of_draws, strict=True):
        assert estimate.interval() == pytest.approx((low, high), abs=0.01)


rows = st.lists(st.floats(-1, 1), min_size=1, max_size=8)


@unhurried
@given(rows)
def test_the_falling_fit_falls_and_keeps_the_mean(row):
    fit = stats.antitonic(np.array([row]), np.ones(len(row)))[0]
    assert (np.diff(fit) <= 1e-12).all()
    assert fit.mean() == pytest.approx(np.mean(row), abs=1e-12)


@unhurried
@given(rows)
def test_the_falling_fit_agrees_with_scikit_learn(row):
    weights = np.arange(1.0, len(row) + 1)
    fit = stats.antitonic(np.array([row]), weights)[0]
    expected = isotonic_regression(np.array(row), sample_weight=weights, increasing=False)
    assert fit == pytest.approx(expected, abs=1e-9)


def test_each_size_knows_its_noise_as_well_as_its_own_seeds_and_the_trend_say():
    few, many = [0.1, 0.2, 0.3], [0.1, 0.2, 0.3] * 5
    uneven = stats.pooled([1, 10], [few, many], [0.0, 0.0])
    assert uneven.freedoms == (2 + 8, 2 + 14)
    even = stats.pooled([1, 10], [few, few], [0.0, 0.0])
    assert even.freedoms == (4, 4)


def test_draws_of_a_size_with_few_seeds_have_longer_tails():
    few, many = [0.1, 0.2, 0.3], [0.1, 0.2, 0.3] * 15
    pooled = stats.pooled([1, 10], [few, many], [0.0, 0.0])
    draws = (pooled.draws() - pooled.means) / np.sqrt(pooled.of_seeds)
    tails = np.quantile(draws, 0.995, axis=0) / np.quantile(draws, 0.75, axis=0)
    assert tails[0] > tails[1]
