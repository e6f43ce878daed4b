"""Arrays in, estimates and intervals out. Knows nothing of tasks, backbones or files."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats as distributions

LEAST_SD = 0.001
"""Seed noise is never taken to be smaller than a tenth of a percentage point: accuracies are rounded
and test sets finite, so equal values in a few seeds do not mean that there is no noise."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def mean_interval(
    values: Sequence[float], test_variance: float = 0.0, level: float = 0.95
) -> tuple[float, float | None, float | None]:
    """Mean over seeds and its interval; (mean, None, None) if there is only one seed.

    Model: ``value[seed] = truth + seed effect + test-set effect``, the last one common to all
    seeds. The variance of the mean is therefore ``s^2 / seeds + test_variance``, and the quantile is
    Student's with the degrees of freedom of Satterthwaite (1946, Biometrics Bulletin 2:110, eq. 17),
    the test set's variance counting as known: with a tiny ``test_variance`` this is the ordinary
    t interval, with a dominating one the normal interval.

    Values are accuracies or differences of accuracies (0..1 or -1..1), ``test_variance`` is in
    the same unit squared. Raises ValueError without values or with a negative variance.
    """
    if not len(values) or test_variance < 0:
        raise ValueError("needs at least one value and a test variance that is not negative")
    mean = float(np.mean(values))
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
    """
    difference = pretrained_correct.astype(np.float64) - scratch_correct.astype(np.float64)
    return image_variance(difference)


test_set_variance.__test__ = False  # type: ignore[attr-defined]


def accuracy_test_variance(correct: Bools) -> float:
    """Sampling variance of one arm's mean accuracy because the test images are a sample."""
    return image_variance(correct.astype(np.float64))


def image_variance(scores: Floats) -> float:
    """Variance that the choice of images adds to the mean of ``scores`` [seeds, images].

    Two-way crossed random effects, ``score = mean + seed + image + rest``: the result estimates
    ``var(image) / images`` by the analysis of variance (Searle, Casella and McCulloch 1992,
    Variance Components, section 4.4), never below zero. ``var(rest)`` is left out because the
    spread over seeds contains it already. With one seed it cannot be told from ``var(image)``, and
    the result is the sum of both. Raises ValueError if there are fewer than two images.
    """
    seeds, images = scores.shape
    if images < 2:
        raise ValueError("needs at least two test images")
    between = float(scores.mean(axis=0).var(ddof=1))
    if seeds == 1:
        return between / images
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    rest_variance = float((rest**2).sum()) / ((seeds - 1) * (images - 1))
    return max(between - rest_variance / seeds, 0.0) / images


def moderated_variances(
    sizes: Floats, variances: Floats, freedoms: Floats, prior: float = 8.0
) -> Floats:
    """Per-N seed variances, each drawn towards their common trend in N.

    The trend is a power law, ``variance = c / N^a`` with ``a`` in 0..2; own and trend variance are
    averaged with their degrees of freedom as weights, the trend's being ``prior`` (Smyth 2004,
    Statistical Applications in Genetics 3:3, section 3). Where no degree of freedom is left (one
    seed) the trend stands alone. All results are at least ``LEAST_SD`` squared.
    Raises ValueError if no cell has two seeds.
    """
    if not (freedoms > 0).any():
        raise ValueError("needs two seeds at some N")
    safe = np.maximum(variances, LEAST_SD**2)
    position = np.log(sizes)
    known = freedoms > 0
    centre = np.average(position[known], weights=freedoms[known])
    spread = np.average((position[known] - centre) ** 2, weights=freedoms[known])
    slope = 0.0
    if spread > 0:
        product = (position - centre)[known] * np.log(safe[known])
        slope = float(np.average(product, weights=freedoms[known]) / spread)
    shape = np.exp(np.clip(slope, -2.0, 0.0) * (position - centre))
    level = np.average(safe[known] / shape[known], weights=freedoms[known])
    trend = level * shape
    mixed = (prior * trend + freedoms * safe) / (prior + freedoms)
    return np.maximum(mixed, LEAST_SD**2)
