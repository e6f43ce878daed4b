"""What a table says of each image beside its class: its split, or the group that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from benchmark.errors import UserError, listed
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.reading.parts import Reading, Refusal
from benchmark.tasks.reading.split_file import TEST, TRAIN
from benchmark.tasks.reading.split_names import kind_of


@dataclass(frozen=True)
class Tying:
    """Columns of a table that say which images go together; None: there is none."""

    split: str | None = None
    """Called as one that names splits would be."""
    group: str | None = None
    """Whose equal values belong on one side of a split, such as that of the patient."""
    guessed: bool = False
    """Whether nobody named the column of groups: where it cannot be read, things go on without."""


@dataclass(frozen=True)
class Tied:
    """A reading whose groups are what one of these columns says."""

    data: Data
    reading: Reading
    by_split: bool = False
    """Whether that is the column of splits."""
    notes: tuple[str, ...] = ()


def read(tying: Tying, data: Data, read_as: Callable[[Data], Reading], refuse: Refusal) -> Tied:
    """With the column of splits where it names some; else with that of groups, if there is one.

    Raises `UserError` where the first names training or test images and something else in the
    other's place: a split that is drawn would mix what somebody has kept apart.
    """
    notes = list[str]()
    if tying.split is not None:
        by_split = data.model_copy(update={"group": tying.split})
        reading = read_as(by_split)
        note = _not_as_splits(reading, tying.split, refuse)
        if note is None:
            return Tied(by_split, reading, by_split=True)
        notes.append(note)
    by_group = data.model_copy(update={"group": tying.group})
    try:
        return Tied(by_group, read_as(by_group), notes=tuple(notes))
    except UserError as error:
        if not tying.guessed:
            raise
        notes.append(f"the column {tying.group!r} keeps no images together: {error.what}")
        return Tied(data, read_as(data), notes=tuple(notes))


def _not_as_splits(reading: Reading, column: str, refuse: Refusal) -> str | None:
    """Why the column is not used as one of splits; None where it is."""
    words = Counter(str(word).strip() for word in reading.train.groups or ())
    kinds = {kind_of(word) for word in words}
    if TRAIN in kinds and kinds & {TEST, "validation"}:
        return None
    told = listed([f"{word!r} ({count} rows)" for word, count in words.most_common()], 4)
    what = f"the column {column!r} holds {told}"
    if None in kinds and len(kinds) > 1:
        raise refuse(
            f"{what}: it says of some images that they are for training or for the test, and not "
            "which are for the other",
            "write train, validation and test into it, or give it another name to have a test "
            "split drawn",
        )
    return f"{what}, not both training and test, so it is not used as a split"
