"""Labels, N and seed give a nested training subset. Pure; knows no images.

One permutation per class and seed, N is its prefix: the subset at N=5 lies inside the one at N=10.
The permutation orders the class's images by a hash, so that it is the same on every machine and
under every library version, which random generators do not promise.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import UserError


def subset(labels: NDArray[np.int64], images_per_class: int, seed: int) -> NDArray[np.int64]:
    """Sorted indices of the training subset: exactly N per class that occurs in ``labels``.

    Raises `UserError` if a class has fewer than ``images_per_class`` images.
    """
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < images_per_class:
            raise UserError(
                f"class {label} has {len(members)} images, fewer than N={images_per_class}",
                mend="choose a smaller N",
            )
        chosen.append(members[_permutation(int(label), len(members), seed)[:images_per_class]])
    return np.sort(np.concatenate(chosen))


# Kept, for a check of many records asks for the same one at every N.
@functools.lru_cache(maxsize=4096)
def _permutation(label: int, count: int, seed: int) -> NDArray[np.int64]:
    def key(position: int) -> bytes:
        return hashlib.sha256(f"{seed}/{label}/{position}".encode()).digest()

    order = np.array(sorted(range(count), key=key), dtype=np.int64)
    order.setflags(write=False)
    return order


def subset_hash(indices: NDArray[np.int64]) -> str:
    """SHA-256 of the indices as little-endian 64-bit integers."""
    return hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest()


def smallest_class(labels: NDArray[np.int64]) -> tuple[int, int]:
    """The label with the fewest images, and how many it has."""
    values, counts = np.unique(labels, return_counts=True)
    least = int(np.argmin(counts))
    return int(values[least]), int(counts[least])


def folds(
    labels: NDArray[np.int64], count: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Splits positions into ``count`` stratified folds, as (training, held-out) position pairs."""
    fold_of = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        order = members[_permutation(int(label), len(members), seed)]
        fold_of[order] = np.arange(len(order)) % count
    return [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(count)]
