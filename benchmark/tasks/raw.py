"""A data set before decoding: pictures with labels in two splits, however they were come by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.tasks.pictures.images import Picture
from benchmark.tasks.unused import Unused

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
    notes: tuple[str, ...] = ()
    """What one should know of the reading, a line each."""
    unused: tuple[Unused, ...] = ()
    """Files that lie there and take no part."""
