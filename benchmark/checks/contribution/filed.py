"""A record, where it lies, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.files import digest
from benchmark.records.recipe import StoredRecipe, stored
from benchmark.records.record import Record


@dataclass(frozen=True)
class Problem:
    """Something that keeps a contribution from being taken in."""

    file: Path
    what: str


@dataclass(frozen=True)
class Place:
    """A folder of records."""

    root: Path
    alternative: str | None = None
    """Which audit its records belong to; None where they are no audits."""


@dataclass(frozen=True)
class Filed:
    """A record and where it lies; small enough to hold a hundred thousand of."""

    file: Path
    place: Place
    record: Record
    """Without its predictions."""
    recipe: StoredRecipe
    outcome: str
    """SHA-256 over predictions, losses and seconds: no two trainings have the same."""
    course: str | None
    """SHA-256 over losses, but for the first, which may precede any step; None for fewer."""


def filed(file: Path, place: Place, record: Record) -> Filed:
    """Takes from a record what has to be compared with other records."""
    training = record.training
    return Filed(
        file=file,
        place=place,
        record=replace(record, predictions=(), correct=""),
        recipe=stored(record.recipe),
        outcome=digest([record.predictions, training.losses, training.seconds]),
        course=digest(training.losses[1:]) if training.losses[1:] else None,
    )


def short(file: Path) -> str:
    """Task, backbone, arm and name of a record's file."""
    return "/".join(file.parts[-4:])
