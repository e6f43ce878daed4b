"""A test split cut from the training images, where none is published. Pure.

The choice depends on the order of the images, their classes, groups and ``seed`` alone: not on any
library's random numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.tasks.raw import Labels


def stratified(labels: Labels, fraction: float, seed: int) -> NDArray[np.bool_]:
    """Which images form the test split: of each class the share ``fraction``.

    A class of two or more keeps at least one image on each side.
    """
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        indices = np.flatnonzero(labels == label)
        lots = sorted(indices, key=lambda index: _lot(seed, index))
        chosen[lots[: _share(fraction, len(indices))]] = True
    return chosen


def by_groups(
    labels: Labels, groups: Sequence[Hashable], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Which images form the test split: whole groups, of each class about the share ``fraction``.

    A class of two or more groups has at least one on each side, as far as groups of several
    classes allow it.
    """
    counts = _counts(labels, groups)
    goal = np.array([_share(fraction, int(n)) for n in np.bincount(labels)])
    chosen: set[Hashable] = set()
    so_far = np.zeros_like(goal)
    for group in sorted(counts, key=lambda group: _lot(seed, group)):
        after = so_far + counts[group]
        if np.abs(goal - after).sum() < np.abs(goal - so_far).sum():
            chosen.add(group)
            so_far = after
    _leave_no_class_out(counts, chosen)
    return np.array([group in chosen for group in groups], bool)


def _counts(labels: Labels, groups: Sequence[Hashable]) -> dict[Hashable, NDArray[np.int64]]:
    """Group -> how many images of each class it has."""
    counts: dict[Hashable, NDArray[np.int64]] = {}
    for label, group in zip(labels.tolist(), groups, strict=True):
        counts.setdefault(group, np.zeros(int(labels.max()) + 1, np.int64))[label] += 1
    return counts


def _leave_no_class_out(counts: dict[Hashable, NDArray[np.int64]], chosen: set[Hashable]) -> None:
    """Moves the smallest group of a class to the test or back, where a side has none of it."""
    classes = range(len(next(iter(counts.values()))))
    for label in classes:
        having = sorted((g for g in counts if counts[g][label]), key=lambda g: counts[g].sum())
        inside = [group for group in having if group in chosen]
        if len(having) > 1 and not inside:
            chosen.add(having[0])
        elif len(having) > 1 and len(inside) == len(having):
            chosen.remove(having[0])


def _share(fraction: float, count: int) -> int:
    return min(max(1, round(fraction * count)), count - 1)


def _lot(seed: int, drawn: object) -> bytes:
    return hashlib.sha256(f"{seed}:{drawn}".encode("utf-8", "surrogatepass")).digest()
