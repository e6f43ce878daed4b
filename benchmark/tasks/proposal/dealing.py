"""Which image trains, which tests, which is left out and why: copies never lie on both sides. Pure.

A published split is kept, and training images that show what a test image shows are left out.
Without one, a test split is drawn by lot from each class, whole families of copies at a time, and
whole groups where the data name some, such as patients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import UserError, listed
from benchmark.tasks import own_split
from benchmark.tasks.proposal.looking import Found
from benchmark.tasks.reading.split_file import LEFT_OUT, TEST, TRAIN, Side
from benchmark.tasks.repeated.families import Families, families, repeated, together
from benchmark.tasks.repeated.repeats import Repeat, Spot

TEST_FRACTION = 0.3
MOST_TEST = 4000
"""With so many test images an accuracy is known to 1.5 points; more cost labels and time."""

_SEED = 0

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Dealt:
    """Where each image goes."""

    sides: tuple[Side, ...]
    """For each `Look`."""
    repeats: tuple[Repeat, ...]
    """Images that repeat an earlier one."""
    train: dict[str, int]
    """Class that takes part -> its training images."""
    test: dict[str, int]
    """Class that takes part -> its test images."""
    fraction: float | None
    """Share of each class that was drawn for the test; None: the split is published."""
    notes: tuple[str, ...] = ()

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> images that are left out for it."""
        counts: dict[str, int] = defaultdict(int)
        for side in self.sides:
            if side.split == LEFT_OUT:
                counts[side.reason] += 1
        return dict(counts)

    @property
    def n_test(self) -> int:
        """Test images in all."""
        return sum(self.test.values())

    @property
    def n_train(self) -> int:
        """Training images in all."""
        return sum(self.train.values())


def deal(found: Found) -> Dealt:
    """Deals out the images that were found.

    Left out are: equal images under two labels, all of them; training images that equal, or nearly
    equal, an image of a published test split; images of a split that is neither; and classes that
    would lack images on a side.
    """
    labels = np.array([look.label for look in found.looks], np.int64)
    kin = families(
        [look.digest for look in found.looks],
        np.array([look.perceptual for look in found.looks], np.uint64),
        labels,
    )
    out = dict(_unusable(found))
    out |= {i: _TWO_LABELS for i in _contradicting(kin.equal, labels) if i not in out}
    by = _published if found.published_split else _drawn
    drawn = by(found, kin, labels, out)
    out |= drawn.out
    out |= _one_sided(found, labels, drawn.tests, out)
    sides = tuple(_side(i, drawn.tests, out) for i in range(len(labels)))
    spots = [
        Spot(look.given or "", look.name, found.class_names[look.label]) for look in found.looks
    ]
    train, test = (_counts(found, labels, sides, split) for split in (TRAIN, TEST))
    notes = ([_MISLED] if kin.misled else []) + drawn.notes
    return Dealt(sides, tuple(repeated(kin, spots)), train, test, drawn.fraction, tuple(notes))


@dataclass(frozen=True)
class _Drawn:
    """The test images, and what had to be left out for their sake."""

    tests: set[int]
    fraction: float | None
    out: dict[int, str]
    notes: list[str]


def _published(found: Found, kin: Families, labels: Indices, out: dict[int, str]) -> _Drawn:
    """The published test images; training images that show what one of them shows go."""
    tests = {i for i, one in enumerate(found.looks) if one.given == TEST}
    _check_no_image_is_in_both(found, tests)
    training = np.array([i for i in range(len(labels)) if i not in tests and i not in out], int)
    equal = _sharing(kin.equal, tests, training)
    rest = training[~equal]
    near = _sharing(kin.tied, tests, rest)
    copies, notes = dict.fromkeys(training[equal].tolist(), _EQUAL), _on_both_sides(found, tests)
    for label in np.unique(labels[rest]).tolist():
        of_class = labels[rest] == label
        alike = rest[of_class & near].tolist()
        if len(alike) > of_class.sum() / 2:
            notes.append(_all_alike(found.class_names[label], len(alike)))
        else:
            copies |= dict.fromkeys(alike, _NEAR)
    return _Drawn(tests, None, copies, notes)


def _check_no_image_is_in_both(found: Found, tests: set[int]) -> None:
    """Two rows may name one file."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for i, one in enumerate(found.looks):
        names[i in tests].add(one.name)
    if both := names[True] & names[False]:
        raise UserError(
            f"{len(both)} images are in the test split and outside of it at once, such as "
            f"{min(both)}",
            mend="leave each of them in one split",
        )


def _drawn(found: Found, kin: Families, labels: Indices, out: dict[int, str]) -> _Drawn:
    """Test images by lot, whole families at a time."""
    kept = np.array([i for i in range(len(labels)) if i not in out], int)
    fraction = min(TEST_FRACTION, MOST_TEST / max(1, len(kept)))
    tied, notes = _splittable(found, kin, labels, kept)
    tied, more = _grouped(found, tied, labels, kept)
    chosen = own_split.by_groups(labels[kept], tied[kept].tolist(), fraction, _SEED)
    return _Drawn(set(kept[chosen].tolist()), fraction, {}, notes + more)


_TWO_LABELS = "the same picture lies in two classes"
_EQUAL = "equal to a test image"
_NEAR = "nearly equal to a test image"
_MISLED = (
    "images of different classes look nearly equal here (thin strokes, or one pose before one "
    "background), so only equal images are taken for copies"
)


def _unusable(found: Found) -> Iterator[tuple[int, str]]:
    faulty = {fault.name for fault in found.faults}
    for i, look in enumerate(found.looks):
        if look.given == LEFT_OUT:
            yield i, "of a split that is neither training nor test"
        elif look.name in faulty:
            yield i, "another row of it cannot be used"


def _contradicting(equal: Indices, labels: Indices) -> list[int]:
    """Images that are equal to one of another class."""
    of: dict[int, set[int]] = defaultdict(set)
    for family, label in zip(equal.tolist(), labels.tolist(), strict=True):
        of[family].add(label)
    return [i for i, family in enumerate(equal.tolist()) if len(of[family]) > 1]


def _sharing(family: Indices, tests: set[int], training: Indices) -> NDArray[np.bool_]:
    """Which of the ``training`` images are of a family that a test image is of, too."""
    return np.isin(family[training], family[sorted(tests)])


def _all_alike(name: str, count: int) -> str:
    return (
        f"class {name!r}: {count} of its images are nearly equal to others (one scene, one film?), "
        "too many to be kept apart; accuracy on them says little about new scenes"
    )


def _splittable(
    found: Found, kin: Families, labels: Indices, kept: Indices
) -> tuple[Indices, list[str]]:
    """The families, but equal images alone in a class that is one family of near ones."""
    tied, warnings = kin.tied.copy(), []
    for label in np.unique(labels[kept]).tolist():
        members = kept[labels[kept] == label]
        if len({*kin.tied[members].tolist()}) == 1 < len({*kin.equal[members].tolist()}):
            tied[members] = kin.equal[members]
            warnings.append(_all_alike(found.class_names[label], len(members)))
    return tied, warnings


def _grouped(
    found: Found, tied: Indices, labels: Indices, kept: Indices
) -> tuple[Indices, list[str]]:
    """The families joined with the groups that the data name, but in a class that is of one."""
    groups = [one.group for one in found.looks]
    if not any(groups):
        return tied, []
    keys: list[Hashable] = [i if group is None else group for i, group in enumerate(groups)]
    joined, of_one = together(tied.tolist(), keys), list[str]()
    for label in np.unique(labels[kept]).tolist():
        members = kept[labels[kept] == label]
        if len({*joined[members].tolist()}) == 1 < len({*tied[members].tolist()}):
            of_one.append(found.class_names[label])
            for i in members.tolist():
                keys[i] = i
    if not of_one:
        return joined, []
    return together(tied.tolist(), keys), [_one_group(of_one, found)]


def _one_group(names: Sequence[str], found: Found) -> str:
    return (
        f"all images of {listed([repr(name) for name in names])} are tied together by the column "
        f"{found.group!r}, so they are on both sides of the split: accuracy on them says little "
        "about others"
    )


def _on_both_sides(found: Found, tests: set[int]) -> list[str]:
    """A line about groups that a published split has torn."""
    sides = [
        {
            one.group
            for i, one in enumerate(found.looks)
            if (i in tests) == side and one.given != LEFT_OUT
        }
        for side in (False, True)
    ]
    torn = (sides[0] & sides[1]) - {None}
    if not torn:
        return []
    return [
        f"{len(torn)} of {len((sides[0] | sides[1]) - {None})} values of the column "
        f"{found.group!r} have training and test images: accuracy says little about others"
    ]


def _one_sided(
    found: Found, labels: Indices, tests: set[int], out: dict[int, str]
) -> dict[int, str]:
    """The images of classes without any on one of the sides."""
    kept = [i for i in range(len(labels)) if i not in out]
    having = [{int(labels[i]) for i in kept if (i in tests) == side} for side in (False, True)]
    lacking = having[0] ^ having[1]
    return {i: _too_few(found, int(labels[i])) for i in kept if int(labels[i]) in lacking}


def _too_few(found: Found, label: int) -> str:
    name = found.class_names[label]
    if found.published_split:
        return f"class {name!r} lacks training or test images"
    return f"class {name!r} has not two images that differ, one for each side"


def _side(i: int, tests: set[int], out: dict[int, str]) -> Side:
    return Side(LEFT_OUT, out[i]) if i in out else Side(TEST if i in tests else TRAIN)


def _counts(found: Found, labels: Indices, sides: Sequence[Side], split: str) -> dict[str, int]:
    of = labels[[side.split == split for side in sides]]
    counts = np.bincount(of, minlength=len(found.class_names)).tolist()
    return {name: n for name, n in zip(found.class_names, counts, strict=True) if n}
