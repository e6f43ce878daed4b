"""Every image is opened once, and what was found is told; what cannot be used stops nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmark.errors import UserError
from benchmark.tasks.pictures import images, tones
from benchmark.tasks.pictures.tones import Tone
from benchmark.tasks.proposal.opening import Opened
from benchmark.tasks.reading import labels
from benchmark.tasks.reading.parts import Part, Refusal
from benchmark.tasks.reading.split_file import LEFT_OUT, TEST, TRAIN
from benchmark.tasks.reading.split_names import kind_of
from benchmark.tasks.repeated.duplicates import perceptual_hash
from benchmark.tasks.unused import Unused

_GREY = 8
"""Channels of a grey image that was stored as JPEG differ by no more, of 255."""
_THUMBNAIL = 32


@dataclass(frozen=True)
class Look:
    """What is known of one image that can be used."""

    name: str
    """As the suite calls it: its file, relative to the data's root, or its row."""
    label: int
    """Position in the class names."""
    given: str | None
    """`TRAIN` or `TEST` where the data say so, `LEFT_OUT` where they name another split."""
    size: tuple[int, int]
    """Width and height in pixels, upright."""
    mode: str
    """As stored, in Pillow's words."""
    grey: bool
    digest: bytes
    """Equal for images that are equal pixel by pixel."""
    perceptual: int
    """64 bits, of which nearly equal images share nearly all."""
    tone: Tone
    group: str | None = None
    """What the column of groups says of it, such as which patient it shows; None: nothing."""


@dataclass(frozen=True)
class Fault:
    """An image, or a row, that cannot be used."""

    name: str
    what: str
    mend: str | None


@dataclass(frozen=True)
class Found:
    """What somebody's images are."""

    where: str
    """As the person named it."""
    keys: dict[str, Any]
    """What the task's YAML says under ``data``, but for the split file."""
    class_names: tuple[str, ...]
    looks: tuple[Look, ...]
    faults: tuple[Fault, ...] = ()
    unused: tuple[Unused, ...] = ()
    """Files that are no images of any class."""
    empty_classes: tuple[str, ...] = ()
    """Folders where classes lie that hold no image."""
    notes: tuple[str, ...] = ()
    group: str | None = None
    """The column whose values tie images together, such as that of the patient."""

    @property
    def published_split(self) -> bool:
        """Whether the data say which images are for the test."""
        return "test_split" in self.keys or any(look.given == TEST for look in self.looks)

    @property
    def counts(self) -> tuple[int, ...]:
        """Images of each class."""
        labels = np.array([look.label for look in self.looks], np.int64)
        return tuple(np.bincount(labels, minlength=len(self.class_names)).tolist())


def look(where: str, opened: Opened, refuse: Refusal) -> Found:
    """Looks at every image of ``opened``, with a progress bar on a terminal.

    Raises `UserError` where not one image can be used, and for labels that are no classes as a
    whole.
    """
    reading, faults = opened.tied.reading, list[Fault]()
    parts = [_Part(reading.train, TRAIN, faults)]
    parts += [] if reading.test is None else [_Part(reading.test, TEST, faults)]
    if not any(part.sound for part in parts):
        raise refuse("no image has a class", "give each image a class, in its folder or its row")
    classes = labels.classes_of(
        [part.whole.take(part.sound) for part in parts], opened.tied.data, refuse
    )
    looks = [
        one
        for part, of in zip(parts, classes.labels, strict=True)
        for one in part.looks(_said(part, of.tolist(), opened), opened.tied.data.white)
    ]
    if not looks:
        raise refuse(
            f"not one of {len(faults)} images can be read, the first: {faults[0].what}",
            faults[0].mend or "name another folder",
        )
    return Found(
        where=where,
        keys=opened.keys,
        class_names=classes.names,
        looks=tuple(looks),
        faults=tuple(faults),
        unused=reading.unused,
        empty_classes=_empty(opened, looks),
        notes=(
            *opened.notes,
            *opened.tied.notes,
            *reading.notes,
            *classes.notes,
            *_hidden(classes.names),
        ),
        group=None if opened.tied.by_split else opened.tied.data.group,
    )


@dataclass(frozen=True)
class _Said:
    """What the data say of an image, as in `Look`."""

    label: int
    given: str | None
    group: str | None


class _Part:
    """One split; what cannot be used goes to ``faults``."""

    def __init__(self, whole: Part, split: str, faults: list[Fault]) -> None:
        self.whole, self.split, self._faults = whole, split, faults
        self.sound = [i for i in range(len(whole.labels)) if self._has_class(i)]
        """Images with a label that may be a class."""

    def looks(self, said: Sequence[_Said], white: float | None) -> Iterator[Look]:
        """The sound images that can be read; ``said``: what the data say of each sound one."""
        sound = tqdm(self.sound, "looking at images", disable=None)
        for i, of_image in zip(sound, said, strict=True):
            try:
                yield _look(self.whole, i, of_image, white)
            except UserError as error:
                self._faults.append(Fault(self._name(i), error.what, error.mend))

    def _has_class(self, i: int) -> bool:
        wrong = labels.fault(self.whole.labels[i], self.whole)
        if wrong is not None:
            what = f"{self._place(i)} {wrong}"
            self._faults.append(Fault(self._name(i), what, "give it a class, or remove the row"))
        return wrong is None

    def _name(self, i: int) -> str:
        return self.whole.name(i) or self._place(i)

    def _place(self, i: int) -> str:
        return self.whole.place(i) if self.whole.place else f"{self.split} row {i}"


def _said(part: _Part, labels: Sequence[int], opened: Opened) -> list[_Said]:
    """Of each sound image."""
    each = zip(labels, _given(part, opened), _groups(part, opened), strict=True)
    return [_Said(*of_image) for of_image in each]


def _given(part: _Part, opened: Opened) -> Sequence[str | None]:
    """Which split the data put each sound image in; None where they say nothing."""
    if opened.tied.reading.test is not None:
        return [part.split] * len(part.sound)
    groups = part.whole.groups if opened.tied.by_split else None
    kinds = [None if groups is None else kind_of(str(groups[i])) for i in part.sound]
    test = next((kind for kind in (TEST, "validation") if kind in kinds), None)
    if test is None or TRAIN not in kinds:
        return [None] * len(kinds)
    return [LEFT_OUT if kind is None else TEST if kind == test else TRAIN for kind in kinds]


def _groups(part: _Part, opened: Opened) -> Sequence[str | None]:
    """What the column of groups says of each sound image; None where it says nothing."""
    said = None if opened.tied.by_split else part.whole.groups
    if said is None:
        return [None] * len(part.sound)
    words = ["" if said[i] is None else str(said[i]).strip() for i in part.sound]
    return [None if word in ("", "nan") else word for word in words]  # as pandas writes a gap


def _look(part: Part, i: int, said: _Said, white: float | None) -> Look:
    picture = part.picture(i)
    _check_name(picture.place)
    found = images.decode(picture, white)
    return Look(
        name=picture.place,
        label=said.label,
        given=said.given,
        size=found.image.size,
        mode=found.mode,
        grey=_is_grey(found.image),
        digest=images.digest(found.image),
        perceptual=int(perceptual_hash(found.image)),
        tone=tones.tone(picture.place, found.image, found.peak, found.frames),
        group=said.group,
    )


def _check_name(name: str) -> None:
    # Cs: what is left of bytes that are no UTF-8. The list of the split could not be read with
    # them, or not be shown.
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise UserError(
            f"{name}: this name holds control characters or is not UTF-8",
            mend="rename the file or the folder",
        )


def _is_grey(image: Image.Image) -> bool:
    small = np.asarray(image.resize((_THUMBNAIL, _THUMBNAIL)), np.int16)
    return bool(np.ptp(small, axis=2).max() <= _GREY)


def _empty(opened: Opened, looks: Sequence[Look]) -> tuple[str, ...]:
    """Folders beside those of classes in which something may lie, but no image that is read."""
    if opened.keys["load_dataset"]["path"] != "imagefolder":
        return ()
    holding = {str(above) for one in looks for above in PurePosixPath(one.name).parents}
    classes = {str(PurePosixPath(one.name).parent.parent) for one in looks}
    folders = [
        one.path if one.reason == "an empty folder" else str(PurePosixPath(one.path).parent)
        for one in opened.tied.reading.unused
    ]
    return tuple(
        folder
        for folder in dict.fromkeys(folders)
        if folder not in holding and str(PurePosixPath(folder).parent) in classes
    )


def _hidden(names: Sequence[str]) -> list[str]:
    return [
        f"{name!r} is a hidden folder, and taken for a class as any other"
        for name in names
        if name.startswith(".")
    ]
