"""Images that occur more than once, each by its name beside the one that it repeats. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import files
from benchmark.errors import listed, one_line
from benchmark.tasks.repeated import duplicates
from benchmark.tasks.repeated.duplicates import Fingerprints
from benchmark.tasks.unused import Unused

LEAK = "test image is a training image"
TWO_LABELS = "two labels"
TWICE_IN_TRAIN = "twice in train"
TWICE_IN_TEST = "twice in test"
NEARLY = "test image nearly equals a training image"

_MOST_PAIRS = 5
_COLUMNS = ("problem", "split", "image", "class", "other_split", "other_image", "other_class")


@dataclass(frozen=True)
class Spot:
    """One image of a data set."""

    split: str
    name: str
    label: str

    def __str__(self) -> str:
        return f"{self.name} ({self.label})"


@dataclass(frozen=True)
class Repeat:
    """An image, and the one that it repeats."""

    problem: str
    image: Spot
    other: Spot

    def __str__(self) -> str:
        return f"{self.image} = {self.other}"


def repeats(train: Fingerprints, test: Fingerprints, class_names: Sequence[str]) -> list[Repeat]:
    """All images that repeat another one, sorted by problem, in the order of the images."""
    in_train, in_test = _spots("train", train, class_names), _spots("test", test, class_names)
    digests = [*train.digests, *test.digests]
    found = [
        *_leaks(train, test, in_train, in_test),
        *_two_labels(digests, [*in_train, *in_test]),
        *_twice(TWICE_IN_TRAIN, train.digests, in_train),
        *_twice(TWICE_IN_TEST, test.digests, in_test),
    ]
    return [*found, *_nearly(train, test, in_train, in_test)]


def _spots(split: str, prints: Fingerprints, class_names: Sequence[str]) -> list[Spot]:
    labels = prints.labels.tolist()
    return [Spot(split, n, class_names[i]) for n, i in zip(prints.names, labels, strict=True)]


def _leaks(
    train: Fingerprints, test: Fingerprints, in_train: Sequence[Spot], in_test: Sequence[Spot]
) -> Iterator[Repeat]:
    first: dict[bytes, Spot] = {}
    for digest, spot in zip(train.digests, in_train, strict=True):
        first.setdefault(digest, spot)
    for digest, spot in zip(test.digests, in_test, strict=True):
        if digest in first:
            yield Repeat(LEAK, spot, first[digest])


def _two_labels(digests: Sequence[bytes], spots: Sequence[Spot]) -> Iterator[Repeat]:
    first: dict[bytes, Spot] = {}
    for digest, spot in zip(digests, spots, strict=True):
        other = first.setdefault(digest, spot)
        if other.label != spot.label:
            yield Repeat(TWO_LABELS, spot, other)


def _twice(problem: str, digests: Sequence[bytes], spots: Sequence[Spot]) -> Iterator[Repeat]:
    first: dict[bytes, Spot] = {}
    for digest, spot in zip(digests, spots, strict=True):
        other = first.setdefault(digest, spot)
        if other is not spot:
            yield Repeat(problem, spot, other)


def _nearly(
    train: Fingerprints, test: Fingerprints, in_train: Sequence[Spot], in_test: Sequence[Spot]
) -> Iterator[Repeat]:
    equal = {*train.digests}
    near = np.flatnonzero(duplicates.has_near(test.hashes, train.hashes)).tolist()
    rows = [i for i in near if test.digests[i] not in equal]
    closest = duplicates.nearest(test.hashes[rows], train.hashes)
    for i, j in zip(rows, closest.tolist(), strict=True):
        yield Repeat(NEARLY, in_test[i], in_train[j])


def lines(found: Sequence[Repeat]) -> Iterator[str]:
    """A line for each problem, with the names of the first images."""
    for problem in dict.fromkeys(one.problem for one in found):
        pairs = [str(one) for one in found if one.problem == problem]
        yield one_line(f"{problem}, {len(pairs)} in all: {listed(pairs, _MOST_PAIRS)}")


def is_list(file: Path) -> bool:
    """Whether what `as_csv` makes lies there. Raises OSError."""
    return files.is_csv_of(_COLUMNS, file)


def as_csv(found: Iterable[Repeat], unused: Iterable[Unused]) -> str:
    """A row for each repeat, and one for each file that is not used; safe in a spreadsheet."""
    rows = [
        [one.problem, *(c for s in (one.image, one.other) for c in (s.split, s.name, s.label))]
        for one in found
    ]
    rows += [[f"not used: {file.reason}", "", file.path, "", "", "", ""] for file in unused]
    return files.as_csv(_COLUMNS, [map(one_line, row) for row in rows])
