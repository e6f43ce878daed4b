"""What more labels would bring: an arm's accuracy over N, continued beyond what was measured.

The error of a learner falls as a power of its training images (Hestness et al. 2017, Deep Learning
Scaling is Predictable, Empirically), so its logarithm lies on a straight line in log N. Its slope
is fitted to plausible true curves (``stats.Pooled``) over the largest N, and it begins at the
accuracy that was measured at the largest of all: in ``results/records`` that foretells the next
doubling better than the fitted line's own level does. The interval is that of these lines and of
how far curves have left them, see `LEAVES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.effective import AccuracyCell
from benchmark.analysis.stats import DRAWS, LEVEL, Floats, pooled

SIZES = 4
"""The slope is fitted to so many of the largest N: small ones lie on another line."""
LEAST_SIZES = 3
"""With fewer nothing says whether it is a line."""
LEAVES = 0.13
"""Standard deviation, per doubling of N beyond the largest that was fitted, of the logarithm of
the error about its line. In ``results/records`` (306 continuations of curves that go on) the error
was off by 0.16 at one doubling and by 0.25 at two, the noise of seeds included; with this, 97% of
the intervals held it at one and 95% at two."""
LEAST_ERROR = 0.002
"""Share of wrong answers below which a logarithm says more of luck than of learning."""
FARTHEST = 4.0
"""Nothing is said beyond so many times the largest N."""


@dataclass(frozen=True)
class Expected:
    """An accuracy that was not measured."""

    images_per_class: int
    accuracy: float
    """0..1."""
    low: float
    high: float
    """Ends of the 95% interval, 0..1."""
    gain: float
    """Over the largest N that was measured."""
    gain_low: float
    gain_high: float
    """Ends of its 95% interval."""


@dataclass(frozen=True)
class LearningCurve:
    """Lines of log error in log2 N; arrays are [DRAWS]."""

    largest: int
    """N up to which it was measured."""
    levels: Floats
    """Of log error at that N."""
    slopes: Floats
    """Per doubling of N, never above zero."""

    def expected(self, images_per_class: int) -> Expected:
        """At an N from the largest that was measured up to `FARTHEST` times as many.

        Raises ValueError for any other.
        """
        if not self.largest <= images_per_class <= FARTHEST * self.largest:
            raise ValueError(f"N={images_per_class} is too far from {self.largest}")
        doublings = float(np.log2(images_per_class / self.largest))
        lines = self.levels + doublings * self.slopes
        drawn = 1 - np.exp(lines + LEAVES * doublings * _noise()).clip(0, 1)
        now, then = self._middle(self.largest), self._middle(images_per_class)
        gains = drawn - (1 - np.exp(self.levels))
        return Expected(images_per_class, then, *_ends(drawn), then - now, *_ends(gains))

    def pays_until(self, margin: float) -> int | None:
        """The N from which on twice as many images bring less than ``margin``, an accuracy 0..1.

        By the middle line; None where that is beyond half of `FARTHEST` times the largest N.
        """
        sizes = np.geomspace(self.largest, FARTHEST / 2 * self.largest, 33)
        for n in np.unique(sizes.round().astype(int)).tolist():
            if self._middle(2 * n) - self._middle(n) < margin:
                return int(n)
        return None

    def _middle(self, images_per_class: float) -> float:
        lines = self.levels + np.log2(images_per_class / self.largest) * self.slopes
        return float(1 - np.exp(np.median(lines)).clip(0, 1))


def learning_curve(cells: Sequence[AccuracyCell]) -> LearningCurve | None:
    """The curve of one arm; None where fewer than `LEAST_SIZES` N, or no two seeds, are known.

    Cells without accuracies count as missing.
    """
    known = sorted((c for c in cells if c.accuracies), key=lambda c: c.images_per_class)[-SIZES:]
    if len(known) < LEAST_SIZES or all(len(cell.accuracies) < 2 for cell in known):
        return None
    sizes = [cell.images_per_class for cell in known]
    draws = pooled(
        sizes, [cell.accuracies for cell in known], [cell.test_variance for cell in known]
    ).draws()
    errors = np.log(np.maximum(1 - draws, LEAST_ERROR))
    places = np.log2(sizes) - np.log2(sizes[-1])
    centred = places - places.mean()
    slopes = np.minimum(errors @ centred / (centred @ centred), 0.0)
    return LearningCurve(sizes[-1], errors[:, -1], slopes)


def _ends(drawn: Floats) -> tuple[float, float]:
    ordered, tail = np.sort(drawn), (1 - LEVEL) / 2
    return float(ordered[int(tail * DRAWS)]), float(ordered[int((1 - tail) * DRAWS)])


def _noise() -> Floats:
    return np.random.default_rng(4).standard_normal(DRAWS)
