"""Whether a record and its re-training agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.records.record import Record

MOST_DIFFERING = 0.75
MOST_ONE_SIDED = 4.0


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
    def few_differ(self) -> bool:
        """Fewer than if predictions were made up."""
        return self.differing <= MOST_DIFFERING * self.by_chance

    @property
    def both_ways(self) -> bool:
        """Neither training is right too often where the other is wrong."""
        sway = abs(self.better - self.worse)
        return sway <= MOST_ONE_SIDED * math.sqrt(self.better + self.worse)

    @property
    def holds(self) -> bool:
        """Whether the record is what its recipe gives."""
        return self.differing == 0 or (self.few_differ and self.both_ways)

    def __str__(self) -> str:
        if self.differing == 0:
            return f"re-trained: all {self.images} predictions are the same"
        said = f"re-trained: {self.differing} of {self.images} predictions differ"
        ways = f"{self.better} better and {self.worse} worse than here"
        if self.holds:
            alike = ", though device and versions have the same names" if self.same_machine else ""
            return f"{said}, {ways}: no more than rounding explains{alike}"
        if not self.few_differ:
            return f"{said}; made-up ones would in about {self.by_chance:.0f}"
        return f"{said}, {ways}: rounding changes them both ways"


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
