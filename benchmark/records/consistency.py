"""Whether a record contradicts itself: what tables are made from has to hold together."""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmark.records.record import Record

_NUMBERS = ("steps", "views", "learning_rate", "floor")
"""Settings of a recipe that an audit multiplies."""


def contradictions(record: Record) -> Iterator[str]:
    """What of a record contradicts the rest of it, each as ``field: what is wrong``."""
    yield from outcome_faults(record)
    training, data = record.training, record.data
    if not all(0 <= value < math.inf for value in (*training.losses, training.seconds)):
        yield "training: losses and seconds are finite and at least 0"
    if record.trial.images_per_class < 1 or record.trial.seed < 0:
        yield "trial: N is at least 1 and a seed at least 0"
    if min(data.image_size, data.classes, data.train_images, data.test_images) < 1:
        yield "data: sizes and counts are at least 1"
    if not all(0 <= image < data.test_images for image in data.test_in_train):
        yield "data.test_in_train: not indices of test images"
    for name in _NUMBERS:
        if not isinstance(record.recipe.get(name, 0), int | float):
            yield f"recipe.{name}: not a number"


def outcome_faults(record: Record) -> Iterator[str]:
    """What of a trial's predictions, or of its failure, contradicts the rest."""
    yield from _failed_faults(record) if record.status == "failed" else _prediction_faults(record)


def _failed_faults(record: Record) -> Iterator[str]:
    if not record.reason:
        yield "reason: missing although the trial failed"
    if record.accuracy is not None or record.predictions or record.correct:
        yield "status: failed, but there are predictions or an accuracy"


def _prediction_faults(record: Record) -> Iterator[str]:
    images = record.data.test_images
    if record.reason is not None:
        yield "reason: given although the trial did not fail"
    for what in ("predictions", "correct"):
        if (count := len(getattr(record, what))) != images:
            yield f"{what}: {count} of {images} test images"
    if set(record.correct) - {"0", "1"}:
        yield "correct: other characters than 0 and 1"
    elif record.accuracy != record.correct.count("1") / max(1, len(record.correct)):
        yield f"accuracy: {record.accuracy} is not the mean of correct"
