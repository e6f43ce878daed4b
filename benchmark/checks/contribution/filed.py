"""A record, where it lies, and what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.records.recipe import StoredRecipe, stored
from benchmark.records.record import Record


@dataclass(frozen=True)
class Problem:
    """Something that keeps a contribution from being taken in."""

    file: Path
    what: str


@dataclass(frozen=True)
class Filed:
    """A record and where it lies; small enough to hold a hundred thousand of."""

    file: Path
    root: Path
    """The folder of records that the file belongs to."""
    alternative: str | None
    """Which audit it belongs to; None for a record that is no audit."""
    record: Record
    """Without its predictions."""
    recipe: StoredRecipe
    outcome: str
    """SHA-256 over predictions, losses and seconds: no two trainings have the same."""


def filed(file: Path, root: Path, alternative: str | None, record: Record) -> Filed:
    """Takes from a record what has to be compared with other records."""
    training = record.training
    content = json.dumps([record.predictions, training.losses, training.seconds])
    return Filed(
        file=file,
        root=root,
        alternative=alternative,
        record=replace(record, predictions=(), correct=""),
        recipe=stored(record.recipe),
        outcome=hashlib.sha256(content.encode()).hexdigest(),
    )


def short(file: Path) -> str:
    """Task, backbone, arm and name of a record's file."""
    return "/".join(file.parts[-4:])
