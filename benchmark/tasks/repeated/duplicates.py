"""Equal and nearly equal images of a task, found by their fingerprints; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 2
"""Images whose perceptual hashes (64 bits) differ in at most so many bits are near-duplicates."""

_ROWS = 512


@dataclass(frozen=True)
class Fingerprints:
    """What the images of one split are recognised by."""

    digests: Sequence[bytes]
    """One per image; equal for images that are equal pixel by pixel, before resizing."""
    hashes: NDArray[np.uint64]
    """``[n]``, one perceptual hash per image."""
    labels: NDArray[np.int64]
    """``[n]``, 0..classes-1."""
    names: Sequence[str]
    """What to call each image: its file, or its row."""


@dataclass(frozen=True)
class Duplicates:
    """How many images occur more than once."""

    within_train: int
    """Training images that repeat an earlier training image."""
    within_test: int
    """Test images that repeat an earlier test image."""
    test_in_train: int
    """Test images that are also training images."""
    conflicting: int
    """Different images that occur, anywhere, under more than one label."""
    near: int
    """Test images with a near-duplicate among the training images, equal ones included."""


def count(train: Fingerprints, test: Fingerprints) -> Duplicates:
    """Counts the duplicates within and across the two splits."""
    return Duplicates(
        within_train=len(train.digests) - len(set(train.digests)),
        within_test=len(test.digests) - len(set(test.digests)),
        test_in_train=len(test_images_also_in_train(train.digests, test.digests)),
        conflicting=_conflicting(train, test),
        near=int(has_near(test.hashes, train.hashes).sum()),
    )


def test_images_also_in_train(train: Sequence[bytes], test: Sequence[bytes]) -> list[int]:
    """Indices, in increasing order, of the test images whose digest occurs among ``train``."""
    known = set(train)
    return [i for i, digest in enumerate(test) if digest in known]


test_images_also_in_train.__test__ = False  # type: ignore[attr-defined]  # its name misleads pytest


def _conflicting(train: Fingerprints, test: Fingerprints) -> int:
    labels: dict[bytes, set[int]] = {}
    for split in (train, test):
        for digest, label in zip(split.digests, split.labels.tolist(), strict=True):
            labels.setdefault(digest, set()).add(label)
    return sum(len(found) > 1 for found in labels.values())


def nearest(hashes: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each of ``hashes`` ``[n]`` the position of the closest of ``others`` ``[m]``, m > 0."""
    found = np.zeros(len(hashes), np.int64)
    for start in range(0, len(hashes), _ROWS):
        rows = slice(start, start + _ROWS)
        found[rows] = np.bitwise_count(hashes[rows, None] ^ others[None, :]).argmin(axis=1)
    return found


def has_near(
    hashes: NDArray[np.uint64], others: NDArray[np.uint64], distance: int = NEAR
) -> NDArray[np.bool_]:
    """Which of ``hashes`` ``[n]`` lie within ``distance`` bits of any of ``others`` ``[m]``."""
    found = np.zeros(len(hashes), bool)
    # In slices: the whole matrix of a few ten thousand images would not fit into memory.
    for start in range(0, len(hashes), _ROWS):
        rows = slice(start, start + _ROWS)
        bits = np.bitwise_count(hashes[rows, None] ^ others[None, :])
        found[rows] = (bits <= distance).any(axis=1)
    return found


def perceptual_hash(image: Image.Image) -> np.uint64:
    """The 64 bits of ``imagehash.phash``: signs of the low frequencies of the grey image."""
    import imagehash

    bits = imagehash.phash(image).hash.ravel()
    return np.uint64(int.from_bytes(np.packbits(bits).tobytes(), "big"))
