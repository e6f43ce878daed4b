"""Which folder or file is the split that a task's YAML names: spelling, never guessing by parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from benchmark.errors import listed, nearest
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.reading.parts import Refusal

_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_KIND = {word: kind for kind, words in _WORDS.items() for word in words}
_NUMBERED = re.compile(r"([^\W\d_]+)(?:[-_. ]?\d[\w.-]*)?")


def kind_of(name: str) -> str | None:
    """``train``, ``validation`` or ``test`` for a word that means it; None for any other name."""
    return _KIND.get(name.strip().casefold())


def wanted(data: Data) -> list[str]:
    """The splits that the YAML names: those of the training images, then that of the test."""
    names = data.train_split.split("+")
    return names if data.cuts else [*names, data.test_split or "test"]


def match(name: str, there: Sequence[str], refuse: Refusal) -> str | None:
    """Which of ``there`` is called ``name``: literally, else in other letters, else by meaning.

    Raises `UserError` where two are equally good.
    """
    if name in there:
        return name
    meant = kind_of(name)
    for fits in (
        [one for one in there if one.casefold() == name.casefold()],
        [one for one in there if meant is not None and kind_of(one) == meant],
    ):
        if len(fits) > 1:
            raise refuse(
                f"the split {name!r} may be any of {listed(fits)}",
                "give the one that is meant by its exact name, with 'train_split' or 'test_split'",
            )
        if fits:
            return fits[0]
    return None


@dataclass(frozen=True)
class Chosen:
    """The splits that are used."""

    train: list[str]
    test: str | None
    """None: to be cut from the training images."""
    notes: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return self.train if self.test is None else [*self.train, self.test]


def choose(there: Sequence[str], what: str, data: Data, refuse: Refusal) -> Chosen:
    """The names, among ``there``, of the training splits and of the test split, if it is not cut.

    ``what`` says what they are, in the plural. Raises `UserError` for a split that is not there,
    and where two names mean the same one.
    """
    found = {name: match(name, there, refuse) for name in wanted(data)}
    for name, one in found.items():
        if one is None:
            raise missing(name, there, what, data, refuse)
    check_differ(found, refuse)
    chosen = [one for one in found.values() if one is not None]
    if data.cuts:
        return Chosen(chosen, None, respelt(found))
    return Chosen(chosen[:-1], chosen[-1], respelt(found))


def respelt(found: Mapping[str, str | None]) -> tuple[str, ...]:
    """A note for each split that is not called as the YAML calls it."""
    return tuple(f"the split {name!r} is {one!r}" for name, one in found.items() if one != name)


def check_differ(found: Mapping[str, str | None], refuse: Refusal) -> None:
    """Raises `UserError` where two names of splits mean the same one."""
    for name, one in found.items():
        also = next((n for n, other in found.items() if other == one and n != name), None)
        if also is not None:
            raise refuse(
                f"{name} and {also} are the same split, {one!r}",
                "name it once: training and test images must differ",
            )


def missing(name: str, there: Sequence[str], what: str, data: Data, refuse: Refusal) -> Exception:
    """The error for a split that is not there, with advice that does no harm."""
    close = nearest(name, list(there))
    there_are = f"the {what} are: {listed(there)}" if there else f"there are no {what} at all"
    return refuse(f"there is no split {name!r}{close}", f"{there_are}; {_advice(there, data)}")


def _advice(there: Sequence[str], data: Data) -> str:
    kinds = {kind_of(name) for name in there}
    if kinds == {"train"}:
        return "cut a test split from the training images with 'test_fraction: 0.3'"
    if data.cuts:
        return "name the one with the training images with 'train_split'"
    if "train" in kinds and "validation" in kinds and "test" not in kinds:
        held_out = next(name for name in there if kind_of(name) == "validation")
        return f"'test_split: {held_out}' takes those images for the test"
    if kinds & {"train", "test"} - {None}:
        return (
            "name them with 'train_split' and 'test_split', or cut a test split from the training "
            "images with 'test_fraction'"
        )
    return (
        "name two of them with 'train_split' and 'test_split', or, where none of them is a split, "
        "cut a test split from all images with 'test_fraction: 0.3'"
    )


def of_file(file: str) -> str:
    """What a table's file says of its split: by its folder, or its name without a running number.

    ``train/0.parquet`` and ``train-00000-of-00002.parquet`` say train; ``train_station.csv`` is
    called just that.
    """
    path = PurePosixPath(file)
    for folder in path.parent.parts[::-1]:
        if kind_of(folder):
            return folder
    stem = path.name.split(".")[0]
    numbered = _NUMBERED.fullmatch(stem)
    return numbered[1] if numbered and kind_of(numbered[1]) else stem
