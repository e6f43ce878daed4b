"""Arrays in, estimates and intervals out. Knows nothing of tasks, backbones or files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats as distributions

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

LEAST_SD = 0.001
"""Seed noise never counts as less than a tenth of a percentage point: accuracies are rounded and
test sets finite, so equal values in a few seeds do not mean that there is no noise."""

DRAWS = 2048
TREND_FREEDOM = 8.0
SEED_CORRELATION = 0.7
"""Per doubling of N: means of nested subsets correlate by sqrt(N1 / N2)."""
TEST_CORRELATION = 0.9
"""Per doubling of N: the same images are hard at neighbouring N."""


def mean_interval(
    values: Sequence[float], test_variance: float = 0.0, level: float = 0.95
) -> tuple[float, float | None, float | None]:
    """Mean over seeds and its interval; (mean, None, None) if there is only one seed.

    Model: ``value[seed] = truth + seed effect + test-set effect``, the last one common to all
    seeds. The variance of the mean is therefore ``s^2 / seeds + test_variance``, and the quantile
    is Student's with the degrees of freedom of Satterthwaite (1946, Biometrics Bulletin 2:110),
    the test set's variance counting as known: with a tiny ``test_variance`` this is the ordinary
    t interval, with a dominating one the normal interval.

    Values are accuracies or differences of accuracies (0..1 or -1..1), ``test_variance`` is in
    the same unit squared. Raises ValueError without values or with a negative variance.
    """
    if not len(values) or not test_variance >= 0:
        raise ValueError("needs at least one value and a test variance that is not negative")
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, None, None
    seeds = len(values)
    from_seeds = max(float(np.var(values, ddof=1)), LEAST_SD**2) / seeds
    total = from_seeds + test_variance
    freedom = (seeds - 1) * (total / from_seeds) ** 2
    half = float(distributions.t.ppf((1 + level) / 2, freedom)) * math.sqrt(total)
    return mean, mean - half, mean + half


def test_set_variance(pretrained_correct: Bools, scratch_correct: Bools) -> float:
    """Sampling variance of the mean gain because the test images are a sample.

    Both arrays are [seeds, images], paired: same seeds, same images. Units: accuracy squared.
    Raises ValueError if the shapes differ or there are fewer than two images.
    """
    if pretrained_correct.shape != scratch_correct.shape:
        raise ValueError("both arms need the same seeds and the same test images")
    return _image_variance(pretrained_correct.astype(float) - scratch_correct.astype(float))


test_set_variance.__test__ = False  # type: ignore[attr-defined]  # or pytest collects it


def accuracy_test_variance(correct: Bools) -> float:
    """Sampling variance of one arm's mean accuracy because the test images are a sample.

    ``correct`` is [seeds, images]. Raises ValueError if there are fewer than two images.
    """
    return _image_variance(correct.astype(float))


def _image_variance(scores: Floats) -> float:
    """Variance that the choice of images adds to the mean of ``scores`` [seeds, images].

    Two-way crossed random effects, ``score = mean + seed + image + rest``: this estimates
    ``var(image) / images`` by the analysis of variance (Searle, Casella and McCulloch 1992,
    Variance Components, chapter 4), never below zero. ``var(rest)`` is left out because the
    spread over seeds contains it already. With one seed it cannot be told from ``var(image)``,
    and the result is the sum of both.
    """
    seeds, images = scores.shape
    if images < 2 or seeds < 1:
        raise ValueError("needs at least one seed and two test images")
    between = float(scores.mean(axis=0).var(ddof=1))
    if seeds == 1:
        return float(between / images)
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    rest_variance = float((rest**2).sum()) / ((seeds - 1) * (images - 1))
    return float(max(between - rest_variance / seeds, 0.0) / images)


def moderated_variances(sizes: Floats, variances: Floats, freedoms: Floats) -> Floats:
    """Per-N seed variances, each drawn towards their common trend in N.

    The trend is a power law, ``c / N^a`` with ``a`` in 0..2; own and trend variance are averaged
    with their degrees of freedom as weights (Smyth 2004, Statistical Applications in Genetics
    and Molecular Biology 3:3, section 3). Where no degree of freedom is left (one seed) the trend
    stands alone. All results are at least ``LEAST_SD`` squared.
    Raises ValueError if no cell has two seeds.
    """
    if not (freedoms > 0).any():
        raise ValueError("needs two seeds at some N")
    safe = np.maximum(variances, LEAST_SD**2)
    position = np.log(sizes)
    centred = position - np.average(position, weights=freedoms)
    spread = float(np.average(centred**2, weights=freedoms))
    slope = 0.0
    if spread > 0:
        slope = float(np.average(centred * np.log(safe), weights=freedoms)) / spread
    shape = np.exp(np.clip(slope, -2.0, 0.0) * centred)
    trend = shape * np.average(safe / shape, weights=freedoms)
    mixed = (TREND_FREEDOM * trend + freedoms * safe) / (TREND_FREEDOM + freedoms)
    return np.asarray(np.maximum(mixed, LEAST_SD**2))


def mean_draws(
    sizes: Sequence[int], values: Sequence[Sequence[float]], test_variances: Sequence[float]
) -> Floats:
    """Plausible true means at each N given the values per seed, [DRAWS, sizes].

    Posterior of the means under a flat prior: normal about the observed means, with the seed
    variance of ``moderated_variances``, itself uncertain (scaled inverse chi-squared; Gelman et
    al. 2013, Bayesian Data Analysis, section 3.2), plus the test set's. Both errors are correlated
    between neighbouring N. The random numbers are fixed, so equal input gives equal output.
    Raises ValueError if no N has two values.
    """
    counts = np.array([len(one) for one in values], dtype=np.float64)
    means = np.array([math.fsum(one) / len(one) for one in values])
    spreads = np.array([np.var(sorted(one), ddof=1) if len(one) > 1 else 0.0 for one in values])
    places = np.asarray(sizes, dtype=np.float64)
    seed_variance = moderated_variances(places, spreads, counts - 1) / counts
    of_seeds, of_test = _normal_draws(len(counts))
    scale = _variance_scales(int(counts.sum()) - len(counts))
    draws = of_seeds @ _root(places, SEED_CORRELATION).T * np.sqrt(seed_variance * scale)
    draws += of_test @ _root(places, TEST_CORRELATION).T * np.sqrt(test_variances)
    return np.asarray(means + draws)


@cache
def _normal_draws(columns: int) -> tuple[Floats, Floats]:
    """Two independent sets of standard normal draws, symmetric about zero."""
    half = np.random.default_rng(0).standard_normal((2, DRAWS // 2, columns))
    return np.concatenate([half[0], -half[0]]), np.concatenate([half[1], -half[1]])


@cache
def _variance_scales(freedom: int) -> Floats:
    """Draws of true over estimated variance, [DRAWS, 1], paired so that mirrored draws agree."""
    half = freedom / np.random.default_rng(1).chisquare(freedom, (DRAWS // 2, 1))
    return np.concatenate([half, half])


def _root(sizes: Floats, per_doubling: float) -> Floats:
    """Cholesky root of a correlation that falls with the distance in doublings of N."""
    places = np.log2(sizes)
    correlation = per_doubling ** np.abs(places[:, None] - places)
    return np.asarray(np.linalg.cholesky(correlation))


def antitonic(curves: Floats, weights: Floats) -> Floats:
    """Weighted least-squares falling fit of every row, by the min-max formula.

    ``fit[k] = min over i <= k of max over j >= k of mean(i..j)`` (Robertson, Wright and Dykstra
    1988, Order Restricted Statistical Inference, theorem 1.4.4).
    """
    count = curves.shape[1]
    sums = np.cumsum(curves * weights, axis=1).T
    masses = np.cumsum(weights)
    fit = np.full((count, len(curves)), np.inf)
    for i in range(count):
        before, mass_before = (sums[i - 1], masses[i - 1]) if i else (0.0, 0.0)
        highest = np.full(len(curves), -np.inf)
        for j in range(count - 1, i - 1, -1):
            mean = (sums[j] - before) / (masses[j] - mass_before)
            np.maximum(highest, mean, out=highest)
            np.minimum(fit[j], highest, out=fit[j])
    return fit.T
