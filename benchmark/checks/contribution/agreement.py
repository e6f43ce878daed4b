"""Whether a record and its re-training agree.

Where a record was made, by type of machine and versions, its predictions come again to the bit.
Elsewhere floats are rounded otherwise, and a training amplifies that: recorded on Intel and
repeated on AMD, or repeated with AVX2 for AVX-512, 0.6 to 38% of the predictions of 20 fine-tuned
and scratch networks differed, and none of a probe's. Two bounds tell that from inventions; both
come from how trainings vary.

*How many predictions differ.* Made-up ones may be right as often as they should, but not on the
same images: they differ as often as predictions shuffled within each class, `by_chance`. Of that,
those re-trainings reached 2 to 57%. Two seeds of a recorded cell, which share neither images nor
start, reach 77% in the median, and 38% to 100% in nine of ten of 3,438 pairs. The bound is 75%, and
three images: with a handful of errors nothing can be told.

*Which way accuracy goes.* Rounding has no favourites. Among the m images that one training has
right and the other wrong, the difference between the two kinds has a deviation of sqrt(m) if images
vary by themselves (McNemar 1947, Psychometrika 12:153). Whole trainings vary, too: of the pairs of
seeds 95% lie within 4 sqrt(m), and all of those re-trainings within 3 sqrt(m). The bound is
4 sqrt(m): who betters real predictions can add 16 images where all else is the same to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.records.record import Record

MOST_DIFFERING = 0.75
"""As a share of what chance would give."""
FEW = 3
"""Differing predictions that are always allowed on top."""
MOST_ONE_SIDED = 4.0
"""In standard deviations."""


@dataclass(frozen=True)
class Agreement:
    """How the predictions of two trainings of one trial differ."""

    images: int
    differing: int
    by_chance: float
    """Predictions that would differ if the record's were made up with its own confusion table."""
    better: int
    """Images that the record has right and the re-training wrong."""
    worse: int
    same_machine: bool
    """Whether device and versions have the same names."""

    @property
    def most_differing(self) -> float:
        """Predictions that may differ."""
        return MOST_DIFFERING * self.by_chance + FEW

    @property
    def most_sway(self) -> float:
        """By how many right predictions one training may be ahead of the other."""
        return MOST_ONE_SIDED * math.sqrt(self.better + self.worse)

    @property
    def sway(self) -> int:
        """By how many it is."""
        return abs(self.better - self.worse)

    @property
    def holds(self) -> bool:
        """Whether the record is what its recipe gives."""
        return self.differing <= self.most_differing and self.sway <= self.most_sway

    def __str__(self) -> str:
        if self.differing == 0:
            return f"re-trained: all {self.images} predictions are the same"
        alike = ", though device and versions have the same names" if self.same_machine else ""
        return (
            f"re-trained: {self.differing} of {self.images} predictions differ (up to "
            f"{self.most_differing:.0f} may), and accuracy by {self._points(self.sway):.1f} points "
            f"(up to {self._points(self.most_sway):.1f} may): "
            + (f"rounding explains it{alike}" if self.holds else "it does NOT agree")
        )

    def _points(self, images: float) -> float:
        return 100 * images / self.images


def agreement(record: Record, again: Record, labels: Sequence[int]) -> Agreement:
    """Compares a record with its re-training; ``labels`` are those of the test images.

    A failed training counts as one whose every prediction is of a class that there is not.
    """
    truth = np.asarray(labels)
    one, other = _predictions(record, len(truth)), _predictions(again, len(truth))
    return Agreement(
        images=len(truth),
        differing=int((one != other).sum()),
        by_chance=_differing_by_chance(one, other, truth),
        better=int(((one == truth) & (other != truth)).sum()),
        worse=int(((one != truth) & (other == truth)).sum()),
        same_machine=(record.device, record.versions) == (again.device, again.versions),
    )


def _predictions(record: Record, images: int) -> NDArray[np.int64]:
    failed = record.status == "failed"
    return np.full(images, -1) if failed else np.asarray(record.predictions, dtype=np.int64)


def _differing_by_chance(
    one: NDArray[np.int64], other: NDArray[np.int64], truth: NDArray[np.int64]
) -> float:
    """Expected differences if ``one`` were shuffled among the images of each class."""
    agreeing = 0.0
    for label in np.unique(truth):
        here = truth == label
        classes, counts = np.unique(one[here], return_counts=True)
        matches = [(other[here] == predicted).sum() for predicted in classes]
        agreeing += float(np.dot(counts, matches)) / int(here.sum())
    return len(truth) - agreeing
