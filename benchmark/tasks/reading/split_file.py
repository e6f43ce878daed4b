"""A list of images: which are for training, which for the test, and which are left out and why.

It is a CSV beside the task's YAML. Images are named as the suite calls them, by files or rows, and
after ``./``, so that no name is a formula in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import files
from benchmark.errors import UserError, listed, nearest, one_line
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.reading import rows
from benchmark.tasks.reading.parts import Part, Reading, Refusal
from benchmark.tasks.unused import Unused

TRAIN, TEST, LEFT_OUT = "train", "test", "left out"
_SIDES = (TRAIN, TEST, LEFT_OUT)
_COLUMNS = ("image", "split", "reason")
_HERE = "./"


@dataclass(frozen=True)
class Side:
    """Where an image goes."""

    split: str
    """`TRAIN`, `TEST` or `LEFT_OUT`."""
    reason: str = ""
    """Why it is left out."""


Sides = Mapping[str, Side]
"""Image, by the name that the reading gives it -> where it goes."""


def text(sides: Iterable[tuple[str, Side]]) -> str:
    """The content of a list."""
    cells = ([_HERE + name, one.split, one_line(one.reason)] for name, one in sides)
    return files.as_csv(_COLUMNS, cells)


def is_list(file: Path) -> bool:
    """Whether such a list lies there. Raises OSError."""
    return files.is_csv_of(_COLUMNS, file)


def of(data: Data, folder: Path) -> Sides | None:
    """The list that ``data`` names, in the task's ``folder``; None where it names none.

    Raises `UserError`, where it can with the line, for a file that is missing or no such list.
    """
    if data.split_file is None:
        return None
    file, found = folder / data.split_file, dict[str, Side]()
    for row in rows.read(folder, data.split_file, "csv", _COLUMNS):
        lacking = [column for column in _COLUMNS[:2] if column not in row.cells]
        if lacking:
            there = list(row.cells)
            raise UserError(
                f"this list has no column {lacking[0]!r}{nearest(lacking[0], there)}",
                where=file,
                mend=f"its columns are {', '.join(_COLUMNS)}",
            )
        split = row.cells["split"].strip()
        if split not in _SIDES:
            raise UserError(
                f"{split!r} is no side of a split{nearest(split, list(_SIDES))}",
                where=file,
                line=row.line,
                mend=f"one of {', '.join(_SIDES)}",
            )
        name = row.cells["image"].removeprefix(_HERE)
        if found.get(name, Side(split)).split != split:
            raise UserError(
                f"{name} is on two sides: {found[name].split} in an earlier row, and {split}",
                where=file,
                line=row.line,
                mend="take one of the two rows away",
            )
        found[name] = Side(split, row.cells.get("reason", ""))
    return found


def applied(reading: Reading, sides: Sides, refuse: Refusal) -> Reading:
    """The images that the list keeps, each where it says; it names the others as not used.

    Raises `UserError` for images of the list that are not there, and for one of a published split
    that the list puts on the other side.
    """
    named = {TRAIN: _names(reading.train)}
    if reading.test is not None:
        named[TEST] = _names(reading.test)
    there = {name for names in named.values() for name in names}
    gone = [name for name, one in sides.items() if one.split != LEFT_OUT and name not in there]
    if gone:
        raise refuse(
            f"{len(gone)} images of the split file are not there: {listed(gone, 3)}",
            "put them back, or take their rows out of the split file",
        )
    left = [_why(name, sides) for names in named.values() for name in names if name is not None]
    train, test = (_taken(reading.train, named[TRAIN], sides, split) for split in (TRAIN, TEST))
    if reading.test is not None:
        _check_sides(named, sides, refuse)
        test = _taken(reading.test, named[TEST], sides, TEST)
    unused = (*reading.unused, *(one for one in left if one is not None))
    return Reading(train, test, unused, reading.notes)


def _names(part: Part) -> list[str | None]:
    """What each image is called; None for one without a sound name, which no list can hold."""
    return [part.name(i) for i in range(len(part.labels))]


def _taken(part: Part, names: Sequence[str | None], sides: Sides, split: str) -> Part:
    return part.take([i for i, name in enumerate(names) if _split(name, sides) == split])


def _split(name: str | None, sides: Sides) -> str:
    side = None if name is None else sides.get(name)
    return LEFT_OUT if side is None else side.split


def _why(name: str, sides: Sides) -> Unused | None:
    side = sides.get(name, Side(LEFT_OUT, "not in the split file"))
    return Unused(name, side.reason or LEFT_OUT) if side.split == LEFT_OUT else None


def _check_sides(named: Mapping[str, Sequence[str | None]], sides: Sides, refuse: Refusal) -> None:
    for split, names in named.items():
        moved = [name for name in names if _split(name, sides) not in (split, LEFT_OUT)]
        if moved:
            raise refuse(
                f"{moved[0]} is in the {split} split of the data, and the split file says "
                f"{_split(moved[0], sides)}",
                "leave images of a published split out, or take 'test_split' away so that the "
                "split file deals out all images of 'train_split'",
            )
