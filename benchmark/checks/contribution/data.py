"""What the tasks' data on this machine say of a record."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import UserError
from benchmark.records.record import Record
from benchmark.tasks import data, subsets
from benchmark.tasks.load import load_task


@dataclass(frozen=True, eq=False)
class Truth:
    """What a task's data on this machine say."""

    train_labels: NDArray[np.int64]
    test_labels: tuple[int, ...]
    facts: dict[str, Any]
    """Fields of `DataFacts` -> their values."""


def truth_of(folder: Path | None, name: str) -> Truth | str:
    """The task's data, or why they are not at hand."""
    try:
        prints = data.fingerprints(load_task(name, folder), download=False)
    except UserError as error:
        return error.what
    if prints is None:
        return "they would have to be downloaded"
    facts = {
        "hash": prints.hash,
        "classes": len(prints.class_names),
        "train_images": len(prints.train.labels),
        "test_images": len(prints.test.labels),
        "test_in_train": prints.test_in_train,
    }
    return Truth(prints.train.labels, tuple(prints.test.labels.tolist()), facts)


def faults(record: Record, truth: Truth) -> Iterator[str]:
    """Where a record says something else than the data of its task."""
    for name, value in truth.facts.items():
        if getattr(record.data, name) != value:
            yield f"data.{name}: not that of the task's data"
    trial = record.trial
    try:
        if record.subset_hash != _subset_hash(truth, trial.images_per_class, trial.seed):
            yield "subset_hash: not that of the task's labels"
    except UserError as error:
        yield f"trial.images_per_class: {error.what}"
    right = zip(record.predictions, truth.test_labels, strict=False)
    if record.status == "ok" and record.correct != "".join("01"[p == t] for p, t in right):
        yield "correct: not where predictions equal the test labels"


@functools.lru_cache(maxsize=4096)
def _subset_hash(truth: Truth, images_per_class: int, seed: int) -> str:
    return subsets.subset_hash(subsets.subset(truth.train_labels, images_per_class, seed))
