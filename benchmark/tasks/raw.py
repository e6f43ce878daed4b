"""A data set before decoding: pictures with labels in two splits, however they were come by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.tasks.images import Picture

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class RawSplit:
    """Pictures that are not decoded yet, with their classes."""

    labels: Labels
    """``[n]``, 0..classes-1."""
    picture: Callable[[int], Picture]

    def take(self, indices: Labels) -> RawSplit:
        """The chosen pictures, in this order."""
        return RawSplit(self.labels[indices], lambda i: self.picture(int(indices[i])))


@dataclass(frozen=True)
class Raw:
    """A data set before decoding."""

    train: RawSplit
    test: RawSplit
    class_names: tuple[str, ...]


def own_split(whole: RawSplit, fraction: float, seed: int) -> list[RawSplit]:
    """Training and test part of ``whole``: of each class the share ``fraction`` goes to the test.

    A class of two or more keeps at least one image on each side. The choice depends on the order
    of the images, their classes and ``seed`` alone: not on any library's random numbers.
    """
    chosen = np.zeros(len(whole.labels), bool)
    for label in np.unique(whole.labels):
        indices = np.flatnonzero(whole.labels == label)
        count = min(max(1, round(fraction * len(indices))), len(indices) - 1)
        chosen[sorted(indices, key=partial(_lot, seed))[:count]] = True
    return [whole.take(np.flatnonzero(~chosen)), whole.take(np.flatnonzero(chosen))]


def _lot(seed: int, index: int) -> bytes:
    return hashlib.sha256(f"{seed}:{index}".encode()).digest()
