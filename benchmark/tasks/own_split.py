"""A test split cut from the training images, where none is published. Pure.

The choice depends on the order of the images, their classes, groups and ``seed`` alone: not on any
library's random numbers.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

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
    counts: dict[Hashable, Counter[int]] = defaultdict(Counter)
    for label, group in zip(labels.tolist(), groups, strict=True):
        counts[group][label] += 1
    lacking = {label: _share(fraction, n) for label, n in Counter(labels.tolist()).items()}
    chosen: set[Hashable] = set()
    for group in sorted(counts, key=lambda group: _lot(seed, group)):
        held = counts[group].items()
        if sum(abs(lacking[label] - n) - abs(lacking[label]) for label, n in held) < 0:
            chosen.add(group)
            for label, n in held:
                lacking[label] -= n
    _leave_no_class_out(counts, chosen)
    return np.array([group in chosen for group in groups], bool)


def _leave_no_class_out(counts: Mapping[Hashable, Counter[int]], chosen: set[Hashable]) -> None:
    """Moves the smallest group of a class to the test or back, where a side has none of it."""
    by_class: dict[int, list[Hashable]] = defaultdict(list)
    for group in sorted(counts, key=lambda group: counts[group].total()):
        for label in counts[group]:
            by_class[label].append(group)
    for _, having in sorted(by_class.items()):
        inside = [group for group in having if group in chosen]
        if len(having) > 1 and not inside:
            chosen.add(having[0])
        elif len(having) > 1 and len(inside) == len(having):
            chosen.remove(having[0])


def _share(fraction: float, count: int) -> int:
    return min(max(1, round(fraction * count)), count - 1)


def _lot(seed: int, drawn: object) -> bytes:
    return hashlib.sha256(f"{seed}:{drawn}".encode("utf-8", "surrogatepass")).digest()
