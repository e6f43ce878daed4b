"""Images that belong on one side of a split, for they show the same. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.tasks.repeated import repeats
from benchmark.tasks.repeated.duplicates import NEAR
from benchmark.tasks.repeated.repeats import Repeat, Spot

TWICE = "twice"
NEARLY = "nearly equal"

_ROWS = 512
_FEW = 6
_SHARE = 0.25
"""More images than so many, and than this share of those that have a near one, in families of
several classes are no copies: 0.1 among photographs of waste or clothes, 0.7 among letters."""


@dataclass(frozen=True)
class Families:
    """For each image the position of the first image of its family; ``[n]``."""

    equal: NDArray[np.int64]
    """Of images that are equal pixel by pixel."""
    near: NDArray[np.int64]
    """Of images that are equal or, in a chain, nearly so."""
    misled: bool
    """Whether ``near`` is no evidence here, for it joins images of different classes."""

    @property
    def tied(self) -> NDArray[np.int64]:
        """The families that have to stay together."""
        return self.equal if self.misled else self.near


def families(
    digests: Sequence[bytes], hashes: NDArray[np.uint64], labels: NDArray[np.int64]
) -> Families:
    """The families of ``n`` images by what `duplicates` recognises them by.

    Perceptual hashes are misled by thin strokes, and by things in one pose before one background:
    then they join images of different classes, which true copies rarely are.
    """
    equal = _first(digests)
    near = _first(_chains(hashes).tolist())
    return Families(equal, near, _misled(equal, near, labels))


def together(*keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """For each of ``n`` images the first one that any of ``n`` ``keys``, in a chain, ties it to."""
    firsts = [_first(of_one) for of_one in keys]
    n = len(firsts[0])
    linked = _linked(n, np.tile(np.arange(n), len(keys)), np.concatenate(firsts))
    return _first(linked.tolist())


def _first(keys: Sequence[object]) -> NDArray[np.int64]:
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(key, i) for i, key in enumerate(keys)], np.int64)


def _chains(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """A number for each image, the same for those that are linked by steps of `NEAR` bits."""
    # Plain images have one hash by the thousand; their pairs would not fit into memory.
    known, of = np.unique(hashes, return_inverse=True)
    pairs = [np.zeros((2, 0), np.int64), *_near_pairs(known)]
    one, other = np.concatenate(pairs, axis=1)
    return _linked(len(known), one, other)[of]


def _linked(n: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each of ``n`` things, the same where a chain of pairs leads from one to it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(n, n))
    found: NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return found


def _near_pairs(known: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(known), _ROWS):
        rows = known[start : start + _ROWS, None]
        one, other = np.nonzero(np.bitwise_count(rows ^ known[None, start:]) <= NEAR)
        yield np.stack([one, other])[:, one < other] + start


def _misled(equal: NDArray[np.int64], near: NDArray[np.int64], labels: NDArray[np.int64]) -> bool:
    members: dict[int, list[int]] = defaultdict(list)
    for i in np.flatnonzero(equal == np.arange(len(equal))).tolist():
        members[int(near[i])].append(i)
    found = [family for family in members.values() if len(family) > 1]
    mixed = sum(len(family) for family in found if len({*labels[family].tolist()}) > 1)
    return mixed > max(_FEW, _SHARE * sum(map(len, found)))


def repeated(found: Families, spots: Sequence[Spot]) -> list[Repeat]:
    """Each image that repeats an earlier one, sorted by problem; near ones unless misled."""
    equal = [(i, j) for i, j in enumerate(found.equal.tolist()) if i != j]
    copies = {i for i, _ in equal}
    near = [(i, j) for i, j in enumerate(found.tied.tolist()) if i != j and i not in copies]
    pairs = [Repeat(_problem(spots[i], spots[j], True), spots[i], spots[j]) for i, j in equal]
    pairs += [Repeat(_problem(spots[i], spots[j], False), spots[i], spots[j]) for i, j in near]
    order = {problem: i for i, problem in enumerate(_PROBLEMS)}
    return sorted(pairs, key=lambda pair: order[pair.problem])


_NEARLY_TWO_LABELS = "nearly equal under two labels"
_PROBLEMS = (
    repeats.TWO_LABELS,
    repeats.LEAK,
    TWICE,
    _NEARLY_TWO_LABELS,
    repeats.NEARLY,
    NEARLY,
)


def _problem(one: Spot, other: Spot, equal: bool) -> str:
    if one.label != other.label:
        return repeats.TWO_LABELS if equal else _NEARLY_TWO_LABELS
    if one.split != other.split:
        return repeats.LEAK if equal else repeats.NEARLY
    return TWICE if equal else NEARLY
