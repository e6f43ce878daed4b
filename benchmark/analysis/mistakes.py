"""Which classes are mixed up, and which test images every training gets wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Mixed:
    """Images of one class that were taken for another, in all trainings together."""

    label: int
    taken_for: int
    times: int
    share: float
    """Of all that was said of images of the class, 0..1."""


@dataclass(frozen=True)
class AlwaysWrong:
    """A test image that no training got right."""

    image: int
    """Position in the test split."""
    label: int
    taken_for: int
    """What most trainings said."""
    agreed: float
    """Share of the trainings that said so, 0..1."""


def mixed(predictions: Indices, labels: Indices, classes: int) -> tuple[Mixed, ...]:
    """Pairs of classes that were mixed up, the most frequent first.

    ``predictions`` is [trainings, images], ``labels`` [images], both 0..classes-1.
    """
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (np.broadcast_to(labels, predictions.shape), predictions), 1)
    said = table.sum(axis=1)
    np.fill_diagonal(table, 0)
    found = [
        Mixed(i, j, int(table[i, j]), float(table[i, j] / said[i]))
        for i, j in zip(*map(np.ndarray.tolist, np.nonzero(table)), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.times, -one.share, one.label, one.taken_for)))


def always_wrong(predictions: Indices, labels: Indices) -> tuple[AlwaysWrong, ...]:
    """Images that every training gets wrong, those first on which trainings agree the most.

    ``predictions`` is [trainings, images], ``labels`` [images].
    """
    missed = np.flatnonzero((predictions != labels).all(axis=0)).tolist()
    found = [_about(i, predictions[:, i], int(labels[i])) for i in missed]
    return tuple(sorted(found, key=lambda one: (-one.agreed, one.image)))


def _about(image: int, said: Indices, label: int) -> AlwaysWrong:
    counts = np.bincount(said)
    taken_for = int(counts.argmax())
    return AlwaysWrong(image, label, taken_for, float(counts[taken_for] / len(said)))
