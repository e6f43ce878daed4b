"""What a board does not know: files by name, the classes' images, what each training predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.analysis.board import Board
from benchmark.analysis.mistakes import Indices
from benchmark.errors import UserError
from benchmark.records import store
from benchmark.records.record import Trial
from benchmark.tasks import data
from benchmark.tasks.definition.schema import Task


@dataclass(frozen=True)
class Looked:
    """Arrays are of the test images that count: those that are no training images, too."""

    class_names: tuple[str, ...]
    train_counts: tuple[int, ...]
    """Training images of each class."""
    labels: Indices
    """[images]"""
    names: tuple[str, ...]
    """Of the images, as the suite calls them: files relative to the data's root, or rows."""
    pictures: NDArray[np.uint8]
    """[images, 3, side, side]"""
    predictions: Mapping[str, Indices]
    """Arm -> [trainings, images], at the largest N at which it was run."""


def look(board: Board, task: Task, records: Path) -> Looked | None:
    """What is known of the images that a board rests on; None where they cannot be had any more."""
    try:
        found = data.load(task, board.data.image_size)
        prints = data.fingerprints(task, download=False)
    except UserError:
        return None
    if found.hash != board.data.hash or prints is None:
        return None
    kept, classes = found.test_that_counts, len(found.class_names)
    return Looked(
        class_names=found.class_names,
        train_counts=tuple(np.bincount(found.train.labels, minlength=classes).tolist()),
        labels=found.test.labels[kept],
        names=tuple(prints.test.names[i] for i in kept.tolist()),
        pictures=found.test.images[kept],
        predictions=_predictions(board, records, kept),
    )


def _predictions(board: Board, records: Path, kept: Indices) -> dict[str, Indices]:
    found = {}
    for arm, result in board.arms.items():
        point = max(result.points, key=lambda one: one.images_per_class)
        trials = [
            (Trial(board.task, board.backbone, arm, point.images_per_class, one.seed), one)
            for one in point.trials
            if one.accuracy is not None
        ]
        said = [
            record.predictions
            for trial, one in trials
            for record in store.load_trial(records, trial, one.fingerprint, lambda fault: None)
            if record.fingerprint == one.fingerprint and record.subset_hash == one.subset_hash
        ]
        if said:
            found[arm] = np.array(said, dtype=np.int64)[:, kept]
    return found
