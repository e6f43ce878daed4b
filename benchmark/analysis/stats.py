"""Arrays in, estimates and intervals out. Knows nothing of tasks, backbones or files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

LEAST_SD = 0.001
"""Seed noise never counts as less than a tenth of a percentage point: accuracies are rounded and
test sets finite, so equal values in a few seeds do not mean that there is no noise."""

LEVEL = 0.95
DRAWS = 2048
TREND_FREEDOM = 8.0
"""What the trend of the seed variances in N counts beside a size's own degrees of freedom."""
SEED_CORRELATION = 0.7
"""Per doubling of N: means of nested subsets correlate by sqrt(N1 / N2)."""
TEST_CORRELATION = 0.9
"""Per doubling of N: the same images are hard at neighbouring N."""


@dataclass(frozen=True)
class Estimate:
    """A mean of accuracies or of their differences, and how well it is known."""

    mean: float
    error: float | None
    """Standard error, in the unit of the mean; None where nothing is known of it (one seed)."""
    freedom: float
    """Degrees of freedom of Student's distribution; infinity for the normal one."""

    @property
    def low(self) -> float | None:
        """Lower end of the 95% interval."""
        return self.interval()[0]

    @property
    def high(self) -> float | None:
        """Upper end of the 95% interval."""
        return self.interval()[1]

    def interval(self, level: float = LEVEL) -> tuple[float | None, float | None]:
        """Both ends; ``level`` in 0..1."""
        if self.error is None:
            return None, None
        half = float(special.stdtrit(self.freedom, (1 + level) / 2)) * self.error
        return self.mean - half, self.mean + half

    def p_above(self, bound: float) -> float:
        """One-sided p-value: so large a mean if the truth were ``bound``; 1 if nothing is known."""
        return self._tail(bound - self.mean)

    def p_below(self, bound: float) -> float:
        """As `p_above`, for so small a mean."""
        return self._tail(self.mean - bound)

    def _tail(self, distance: float) -> float:
        if self.error is None:
            return 1.0
        return float(special.stdtr(self.freedom, distance / self.error))

    def less(self, other: Estimate) -> Estimate:
        """The difference of two means whose errors have nothing to do with each other.

        Welch 1947, Biometrika 34:28. Errors that are alike, as over the same test images, make the
        true error smaller.
        """
        mean = self.mean - other.mean
        if self.error is None or other.error is None:
            return Estimate(mean, None, 0.0)
        squares = self.error**2, other.error**2
        parts = squares[0] ** 2 / self.freedom + squares[1] ** 2 / other.freedom
        freedom = sum(squares) ** 2 / parts if parts else math.inf
        return Estimate(mean, math.sqrt(sum(squares)), freedom)


@dataclass(frozen=True)
class ShareEstimate(Estimate):
    """Of what lies in 0..1, as accuracies do; the ends of its intervals do, too."""

    def interval(self, level: float = LEVEL) -> tuple[float | None, float | None]:
        """As of any estimate."""
        low, high = super().interval(level)
        return low and max(0.0, low), high and min(1.0, high)


def share_estimate(values: Sequence[float], test_variance: float = 0.0) -> ShareEstimate:
    """As `estimate`, of values in 0..1."""
    found = estimate(values, test_variance)
    return ShareEstimate(found.mean, found.error, found.freedom)


def estimate(values: Sequence[float], test_variance: float = 0.0) -> Estimate:
    """Mean over seeds, by the spread of its own values alone.

    Model: ``value[seed] = truth + seed effect + test-set effect``, the last one common to all
    seeds. The variance of the mean is therefore ``s^2 / seeds + test_variance``, with the degrees
    of freedom of Satterthwaite (1946, Biometrics Bulletin 2:110), the test set's variance counting
    as known: with a tiny ``test_variance`` the interval is the ordinary t interval, with a
    dominating one the normal interval.

    Values are accuracies or differences of accuracies (0..1 or -1..1), ``test_variance`` is in
    the same unit squared. Raises ValueError without values or with a negative variance.
    """
    if not len(values) or not test_variance >= 0:
        raise ValueError("needs at least one value and a test variance that is not negative")
    mean, seeds = math.fsum(values) / len(values), len(values)
    if seeds == 1:
        return Estimate(mean, None, 0.0)
    of_seeds = max(float(np.var(values, ddof=1)), LEAST_SD**2) / seeds
    return _estimate(mean, of_seeds, test_variance, seeds - 1)


def _estimate(mean: float, of_seeds: float, of_test: float, freedom: float) -> Estimate:
    total = of_seeds + of_test
    return Estimate(mean, math.sqrt(total), freedom * (total / of_seeds) ** 2)


def accuracy_test_variance(correct: Bools) -> float:
    """Sampling variance of one arm's mean accuracy because the test images are a sample.

    ``correct`` is [seeds, images]. Two-way crossed random effects, ``right = mean + seed + image +
    rest``: this estimates ``var(image) / images`` by the analysis of variance (Searle, Casella and
    McCulloch 1992, Variance Components, chapter 4), never below zero. ``var(rest)`` is left out
    because the spread over seeds contains it already. With one seed it cannot be told from
    ``var(image)``, and the result is the sum of both. One image that is always right and one that
    never is are added, so that few images that are all right do not look like a promise (Agresti
    and Coull 1998, The American Statistician 52:119).
    Raises ValueError without seeds or images.
    """
    seeds, images = correct.shape
    if images < 1 or seeds < 1:
        raise ValueError("needs at least one seed and one test image")
    always = np.broadcast_to([True, False], (seeds, 2))
    scores = np.concatenate([correct, always], axis=1).astype(float)
    between = float(scores.mean(axis=0).var(ddof=1))
    if seeds == 1:
        return float(between / images)
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    rest_variance = float((rest**2).sum()) / ((seeds - 1) * (images + 1))
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


@dataclass(frozen=True)
class Pooled:
    """Means at each N with their noise, which all N tell of together. Arrays are [sizes]."""

    sizes: Floats
    means: Floats
    of_seeds: Floats
    """Variance of the means by the seeds."""
    of_test: Floats
    """Variance of the means by the choice of test images."""
    freedoms: tuple[int, ...]
    """Degrees of freedom behind each of ``of_seeds``: its own and those that the trend counts."""

    @property
    def variances(self) -> Floats:
        """Of the means, by both."""
        return self.of_seeds + self.of_test

    def estimates(self) -> list[Estimate]:
        """One for each N: an interval is wide where the means are ill known, not by ill luck."""
        known = (a.tolist() for a in (self.means, self.of_seeds, self.of_test))
        return [_estimate(*one) for one in zip(*known, self.freedoms, strict=True)]

    def draws(self) -> Floats:
        """Plausible true means at each N, [DRAWS, sizes].

        Posterior of the means under a flat prior: normal about the observed means, with the seed
        variance, itself uncertain (scaled inverse chi-squared; Gelman et al. 2013, Bayesian Data
        Analysis, section 3.2), plus the test set's. Both errors are correlated between neighbouring
        N. The random numbers are fixed, so equal input gives equal output.
        """
        of_seeds, of_test = _normal_draws(len(self.sizes))
        scale = _variance_scales(self.freedoms)
        draws = of_seeds @ _root(self.sizes, SEED_CORRELATION).T * np.sqrt(self.of_seeds * scale)
        draws += of_test @ _root(self.sizes, TEST_CORRELATION).T * np.sqrt(self.of_test)
        return np.asarray(self.means + draws)


def pooled(
    sizes: Sequence[int], values: Sequence[Sequence[float]], test_variances: Sequence[float]
) -> Pooled:
    """Means of the values per seed at each N, the seeds' noise as in `moderated_variances`.

    Raises ValueError if no N has two values.
    """
    counts = np.array([len(one) for one in values], dtype=np.float64)
    spreads = np.array([np.var(sorted(one), ddof=1) if len(one) > 1 else 0.0 for one in values])
    places = np.asarray(sizes, dtype=np.float64)
    own = counts - 1
    return Pooled(
        places,
        np.array([math.fsum(one) / len(one) for one in values]),
        moderated_variances(places, spreads, own) / counts,
        np.asarray(test_variances, dtype=np.float64),
        tuple(map(int, np.minimum(own.sum(), TREND_FREEDOM + own))),
    )


@cache
def _normal_draws(columns: int) -> tuple[Floats, Floats]:
    """Two independent sets of standard normal draws, symmetric about zero."""
    half = np.random.default_rng(0).standard_normal((2, DRAWS // 2, columns))
    return np.concatenate([half[0], -half[0]]), np.concatenate([half[1], -half[1]])


def _variance_scales(freedoms: Sequence[int]) -> Floats:
    """Draws of true over estimated variance, [DRAWS, sizes], paired so that mirrored draws agree.

    All sizes are off alike, as far as each can be: most of what is known of them is their trend.
    """
    ranks = _scales(min(freedoms)).argsort().argsort()
    half = np.stack([np.sort(_scales(freedom))[ranks] for freedom in freedoms], axis=1)
    return np.concatenate([half, half])


@cache
def _scales(freedom: int) -> Floats:
    return np.asarray(freedom / np.random.default_rng(1).chisquare(freedom, DRAWS // 2))


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
