"""How many labels is pretraining worth? Effective images per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.crossover import GainCell, antitonic, mean_draws
from benchmark.stats import Floats


@dataclass(frozen=True)
class AccuracyCell:
    """One arm's accuracies at one N."""

    images_per_class: int
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]
    """Per seed, 0..1."""
    test_variance: float = 0.0
    """Variance of the mean accuracy because the test set is a sample; 0 if unknown."""


@dataclass(frozen=True)
class EffectiveImages:
    """Images per class that scratch needs to match the pretrained arm at one N."""

    images_per_class: int
    effective: float | None
    """None when refused."""
    low: float | None
    high: float | None
    at_least: bool
    """True: scratch never gets there, ``effective`` is a lower bound."""
    reason: str | None
    """Why refused."""

    @property
    def multiplier(self) -> float | None:
        """Effective images for each real one; None when refused."""
        return None if self.effective is None else self.effective / self.images_per_class


def effective_images(
    scratch: Sequence[AccuracyCell], pretrained: Sequence[AccuracyCell]
) -> tuple[EffectiveImages, ...]:
    """First version: invert draws of the monotone scratch curve."""
    scratch = sorted((c for c in scratch if c.accuracies), key=lambda c: c.images_per_class)
    pretrained = sorted((c for c in pretrained if c.accuracies), key=lambda c: c.images_per_class)
    if not any(len(c.accuracies) > 1 for c in scratch) or len(scratch) < 2:
        why = "the scratch arm needs two seeds and two N"
        return tuple(
            EffectiveImages(c.images_per_class, None, None, None, False, why) for c in pretrained
        )
    curves = -antitonic(-mean_draws(_as_gains(scratch)), np.ones(len(scratch)))
    positions = np.log2([c.images_per_class for c in scratch])
    return tuple(_one(positions, curves, cell) for cell in pretrained)


def _as_gains(cells: Sequence[AccuracyCell]) -> list[GainCell]:
    return [GainCell(c.images_per_class, c.seeds, c.accuracies, c.test_variance) for c in cells]


def _one(positions: Floats, curves: Floats, cell: AccuracyCell) -> EffectiveImages:
    target = float(np.mean(cell.accuracies))
    places = np.array([_invert(positions, curve, target) for curve in curves[::8]])
    low, middle, high = np.quantile(places, [0.025, 0.5, 0.975])
    n = cell.images_per_class
    if middle < positions[0]:
        why = "scratch is as good at its smallest N already"
        return EffectiveImages(n, None, None, None, False, why)
    if middle > positions[-1]:
        bound = float(2 ** min(low, positions[-1]))
        return EffectiveImages(n, bound, bound, None, True, None)
    closed = None if high > positions[-1] else float(2**high)
    return EffectiveImages(n, float(2**middle), float(2**low), closed, False, None)


def _invert(positions: Floats, curve: Floats, target: float) -> float:
    if target <= curve[0]:
        return float(positions[0]) - 1
    if target > curve[-1]:
        return float(positions[-1]) + 1
    return float(np.interp(target, curve, positions))
