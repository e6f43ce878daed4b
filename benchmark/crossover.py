"""Gain curve to verdict: from how many images per class on does pretraining stop helping?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaincinv

from benchmark.stats import Floats, mean_interval, moderated_variances

VerdictKind = Literal["stops", "helps_throughout", "never_helps", "hurts", "undecided"]

DRAWS = 4096
GAP = 2.0
SEED_CORRELATION = 0.5
TEST_CORRELATION = 0.8
LEVEL = 0.95


@dataclass(frozen=True)
class GainCell:
    """Paired gains at one N."""

    images_per_class: int
    seeds: tuple[int, ...]
    gains: tuple[float, ...]
    """Accuracy(pretrained) - accuracy(scratch), per seed, -1..1."""
    test_variance: float = 0.0
    """Variance of the mean gain because the test set is a sample; 0 if unknown."""


@dataclass(frozen=True)
class GainEstimate:
    """What the table shows at one N."""

    images_per_class: int
    seeds: int
    mean: float
    low: float | None
    """None: no interval can be claimed (one seed)."""
    high: float | None


@dataclass(frozen=True)
class Verdict:
    """Whether and from which N on pretraining stops helping."""

    kind: VerdictKind
    crossover: float | None
    """N*, in images per class; None where there is none."""
    low: float | None
    """Lower end of the 95% interval of N*; None where open."""
    high: float | None
    margin: float
    gains: tuple[GainEstimate, ...]
    reason: str
    """One plain sentence."""


def verdict(cells: Sequence[GainCell], margin: float = 0.01) -> Verdict:
    """First version: draws of the curve, made decreasing after their peak, and their crossings."""
    cells = sorted((c for c in cells if c.gains), key=lambda c: c.images_per_class)
    gains = tuple(_estimate(cell) for cell in cells)
    if not any(len(cell.gains) > 1 for cell in cells):
        return Verdict("undecided", None, None, None, margin, gains, "Needs at least two seeds.")
    curves = decreasing_after_peak(mean_draws(cells))
    sizes = np.array([c.images_per_class for c in cells], dtype=float)
    places = crossings(np.log2(sizes), curves, margin)
    low, high = shortest_interval(places, LEVEL)
    first, last = np.log2(sizes[0]), np.log2(sizes[-1])
    middle = float(np.median(places))
    lo = None if low < first or low > last else float(2**low)
    hi = None if high < first or high > last else float(2**high)
    hurt = bool(np.mean(curves[:, -1] < -margin) > LEVEL)
    kind: VerdictKind = "undecided"
    if hurt:
        kind = "hurts"
    elif low > last:
        kind = "helps_throughout"
    elif high < first:
        kind = "never_helps"
    elif lo is not None and hi is not None:
        kind = "stops"
    crossover = float(2**middle) if kind in ("stops", "hurts") and first <= middle <= last else None
    return Verdict(kind, crossover, lo, hi, margin, gains, kind)


def _estimate(cell: GainCell) -> GainEstimate:
    mean, low, high = mean_interval(cell.gains, cell.test_variance)
    return GainEstimate(cell.images_per_class, len(cell.gains), mean, low, high)


def mean_draws(cells: Sequence[GainCell]) -> Floats:
    """Plausible true mean gains, [draws, cells]."""
    counts = np.array([len(c.gains) for c in cells], dtype=float)
    means = np.array([np.mean(c.gains) for c in cells])
    own = np.array([np.var(c.gains, ddof=1) if len(c.gains) > 1 else 0.0 for c in cells])
    sizes = np.array([c.images_per_class for c in cells], dtype=float)
    test = np.array([c.test_variance for c in cells])
    seed_variance = moderated_variances(sizes, own, counts - 1) / counts
    rng = np.random.default_rng(0)
    count = len(cells)
    half = rng.standard_normal((DRAWS // 2, 2 * count))
    normal = np.concatenate([half, -half])
    freedom = float((counts - 1).sum())
    scale = freedom / rng.chisquare(freedom, size=(DRAWS, 1))
    seed_part = normal[:, :count] @ _root(sizes, SEED_CORRELATION).T * np.sqrt(seed_variance * scale)
    test_part = normal[:, count:] @ _root(sizes, TEST_CORRELATION).T * np.sqrt(test)
    draws: Floats = means + seed_part + test_part
    return draws


def _root(sizes: Floats, per_doubling: float) -> Floats:
    x = np.log2(sizes)
    correlation = per_doubling ** np.abs(x[:, None] - x)
    root: Floats = np.linalg.cholesky(correlation + 1e-9 * np.eye(len(sizes)))
    return root


def decreasing_after_peak(curves: Floats) -> Floats:
    """Each row made decreasing from its peak on."""
    columns = np.arange(curves.shape[1])
    peak = curves.argmax(axis=1)[:, None]
    lifted = np.where(columns < peak, curves.max(axis=1, keepdims=True), curves)
    return antitonic(lifted, np.ones(curves.shape[1]))


def antitonic(curves: Floats, weights: Floats) -> Floats:
    """Weighted least-squares decreasing fit of every row, by the min-max formula."""
    count = curves.shape[1]
    sums = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(curves * weights, axis=1)], axis=1)
    masses = np.concatenate([[0.0], np.cumsum(weights)])
    fit = np.full_like(curves, np.inf)
    for i in range(count):
        best = np.full(len(curves), -np.inf)
        for j in range(count - 1, i - 1, -1):
            average = (sums[:, j + 1] - sums[:, i]) / (masses[j + 1] - masses[i])
            best = np.maximum(best, average)
            fit[:, j] = np.minimum(fit[:, j], best)
    return fit


def crossings(positions: Floats, curves: Floats, margin: float) -> Floats:
    """Where each decreasing row falls to the margin; one doubling outside where it does not."""
    above = (curves > margin).sum(axis=1)
    rows = np.arange(len(curves))
    left = np.clip(above - 1, 0, None)
    right = np.clip(above, None, curves.shape[1] - 1)
    start, end = curves[rows, left], curves[rows, right]
    share = np.clip((start - margin) / np.where(start > end, start - end, 1.0), 1e-6, 1 - 1e-6)
    uniform = np.random.default_rng(1).permutation((np.arange(len(curves)) + 0.5) / len(curves))
    share = betaincinv(GAP * share, GAP * (1 - share), uniform)
    places = positions[left] + share * (positions[right] - positions[left])
    places = np.where(above == 0, positions[0] - 1, places)
    result: Floats = np.where(above == curves.shape[1], positions[-1] + 1, places)
    return result


def shortest_interval(places: Floats, level: float) -> tuple[float, float]:
    """The shortest interval that holds a share ``level`` of the places."""
    ordered = np.sort(places)
    inside = int(np.ceil(level * len(ordered)))
    widths = ordered[inside - 1 :] - ordered[: len(ordered) - inside + 1]
    start = int(widths.argmin())
    return float(ordered[start]), float(ordered[start + inside - 1])
