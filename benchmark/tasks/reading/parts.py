"""What every way of reading ends in: one split, its classes not numbered yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.errors import UserError
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.pictures.images import Picture
from benchmark.tasks.unused import Unused

Refusal = Callable[[str, str], UserError]
"""What is wrong and how to mend it -> the error that names the task."""


def refusal(task: Task, where: Path | None = None) -> Refusal:
    """Errors about the data of ``task``, which name it and its file, or ``where`` they lie."""
    place = where or task.file
    return lambda what, mend: UserError(f"task {task.name!r}: {what}", where=place, mend=mend)


@dataclass(frozen=True)
class Part:
    """One split."""

    labels: Sequence[Any]
    """One for each image: text, a number, true or false, None where it is missing."""
    kind: str
    """What they are, in words: ``whole numbers``, say."""
    picture: Callable[[int], Picture]
    names: tuple[str, ...] | None = None
    """Set where labels are positions in this list of classes."""
    groups: Sequence[Any] | None = None
    """Images of one group, of a patient say, belong on one side of an own split."""
    place: Callable[[int], str] | None = None
    """Where the label of an image stands, for errors; None: by its row."""

    def take(self, indices: Sequence[int]) -> Part:
        """The chosen images, in this order."""
        place = self.place
        return replace(
            self,
            labels=[self.labels[i] for i in indices],
            picture=lambda i: self.picture(indices[i]),
            groups=None if self.groups is None else [self.groups[i] for i in indices],
            place=None if place is None else lambda i: place(indices[i]),
        )

    def named(self, i: int) -> Picture | None:
        """Image ``i``; None where its row names no file that may be read."""
        try:
            return self.picture(i)
        except UserError:
            return None

    def name(self, i: int) -> str | None:
        """What image ``i`` is called; None as in `named`."""
        return picture.place if (picture := self.named(i)) else None


@dataclass(frozen=True)
class Reading:
    """What was read of a data set, and what was not."""

    train: Part
    test: Part | None
    """None: to be cut from the training images."""
    unused: tuple[Unused, ...] = ()
    notes: tuple[str, ...] = ()


def check_no_file_is_in_both(train: Iterable[str], test: Iterable[str], refuse: Refusal) -> None:
    """Raises `UserError` where a file is part of the training and of the test split."""
    both = {*train} & {*test}
    if both:
        raise refuse(
            f"{len(both)} files are training and test images at once, such as {min(both)}",
            "let 'data_files' match different files for the two splits",
        )
