"""How many labels is pretraining worth? Effective images per class.

After Hernandez, Kaplan, Henighan and McCandlish 2021, Scaling Laws for Transfer, section 1.1: the
data that training from scratch needs to be as good as the pretrained network is at N. Scratch's
curve is made rising in N and read off backwards, on a straight line in log N between two sizes;
the interval comes from plausible true curves of both arms (``stats.Pooled``). The arms share
their test images, which makes their errors alike; taking them as unrelated widens the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark.analysis.stats import DRAWS, Floats, antitonic, pooled

TAIL = 0.025
WIDEST = 4.0
"""Doublings. An interval wider than a factor of 16 is no answer, and is refused."""


Refusal = Literal["one_size", "one_seed", "not_rising", "below_grid", "too_wide"]
"""Scratch at fewer than two N; one seed; scratch not surely better with more images, or perhaps as
good with fewer than the smallest N; its curve too flat or noisy to be read backwards."""


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
    """Lower end of the 95% interval; None when refused."""
    high: float | None
    """Upper end; None when refused or open."""
    at_least: bool
    """True: scratch never gets there, ``effective`` is a lower bound."""
    refusal: Refusal | None
    """Why refused; None if not."""

    @property
    def multiplier(self) -> float | None:
        """Effective images for each real one; None when refused."""
        return self._per_image(self.effective)

    @property
    def multiplier_low(self) -> float | None:
        """Lower end of the multiplier's interval."""
        return self._per_image(self.low)

    @property
    def multiplier_high(self) -> float | None:
        """Upper end of the multiplier's interval; None where open."""
        return self._per_image(self.high)

    def _per_image(self, images: float | None) -> float | None:
        return None if images is None else images / self.images_per_class


def effective_images(
    scratch: Sequence[AccuracyCell], pretrained: Sequence[AccuracyCell]
) -> tuple[EffectiveImages, ...]:
    """One answer, bound or refusal for each N of the pretrained arm, in rising order of N.

    Cells without accuracies count as missing.
    """
    known, asked = _measured(scratch), _measured(pretrained)
    problem = _problem(known, asked)
    if problem:
        return tuple(_refused(cell.images_per_class, problem) for cell in asked)
    curves = -antitonic(-_draws(known), np.ones(len(known)))
    if np.mean(curves[:, -1] > curves[:, 0]) < 1 - TAIL or _flat(known):
        return tuple(_refused(cell.images_per_class, "not_rising") for cell in asked)
    places = np.log2([cell.images_per_class for cell in known])
    # Reversed, so that the two arms' draws do not share their random numbers.
    targets = _draws(asked)[::-1]
    return tuple(
        _answer(cell.images_per_class, places, invert(places, curves, targets[:, k]))
        for k, cell in enumerate(asked)
    )


def invert(places: Floats, curves: Floats, targets: Floats) -> Floats:
    """Where each rising row reaches its target, on straight lines between ``places``.

    Minus infinity where it is there before the first place, infinity where it never gets there.
    """
    below = (curves < targets[:, None]).sum(axis=1)
    rows = np.arange(len(curves))
    left = np.clip(below - 1, 0, None)
    right = np.clip(below, None, len(places) - 1)
    rise = np.maximum(curves[rows, right] - curves[rows, left], 1e-12)
    share = np.clip((targets - curves[rows, left]) / rise, 0, 1)
    inside = places[left] + share * (places[right] - places[left])
    unreached = np.where(below == len(places), np.inf, inside)
    return np.asarray(np.where(below == 0, -np.inf, unreached))


def _measured(cells: Sequence[AccuracyCell]) -> list[AccuracyCell]:
    return sorted((cell for cell in cells if cell.accuracies), key=lambda c: c.images_per_class)


def _problem(known: Sequence[AccuracyCell], asked: Sequence[AccuracyCell]) -> Refusal | None:
    if len(known) < 2:
        return "one_size"
    if not all(any(len(cell.accuracies) > 1 for cell in cells) for cells in (known, asked)):
        return "one_seed"
    return None


def _flat(known: Sequence[AccuracyCell]) -> bool:
    """Whether scratch gains less than two points between its worst and its best mean."""
    means = [float(np.mean(cell.accuracies)) for cell in known]
    return max(means) - min(means) < 0.02


def _draws(cells: Sequence[AccuracyCell]) -> Floats:
    return pooled(
        [cell.images_per_class for cell in cells],
        [cell.accuracies for cell in cells],
        [cell.test_variance for cell in cells],
    ).draws()


def _answer(size: int, places: Floats, reached: Floats) -> EffectiveImages:
    ordered = np.sort(reached)
    low, middle, high = (ordered[int(share * DRAWS)] for share in (TAIL, 0.5, 1 - TAIL))
    if low == -np.inf:
        return _refused(size, "below_grid")
    bound = _images(min(low, places[-1]))
    if middle == np.inf:
        return EffectiveImages(size, bound, bound, None, True, None)
    if min(high, places[-1]) - low > WIDEST:
        return _refused(size, "too_wide")
    upper = None if high == np.inf else _images(high)
    return EffectiveImages(size, _images(middle), bound, upper, False, None)


def _images(place: float) -> float:
    """Images per class at a place in log2, without the rounding error of the logarithm."""
    return round(float(2**place), 6)


def _refused(size: int, why: Refusal) -> EffectiveImages:
    return EffectiveImages(size, None, None, None, False, why)
