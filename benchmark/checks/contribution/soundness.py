"""What makes a record sound, judged by what it says of itself. Needs neither data nor networks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from benchmark.analysis.board import SCRATCH
from benchmark.checks.contribution.replay import replay_faults
from benchmark.records.consistency import outcome_faults
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import stored
from benchmark.records.record import FORMAT, Record, is_name

_SHA256 = re.compile(r"[0-9a-f]{64}")


def faults(record: Record) -> Iterator[str]:
    """What is wrong with a record, judged by what it says of itself."""
    if record.format != FORMAT:
        yield f"format {record.format} is unknown, this suite writes {FORMAT}"
    if not 1 <= record.protocol <= PROTOCOL:
        yield f"protocol {record.protocol} is unknown, this suite has {PROTOCOL}"
    yield from _trial_faults(record)
    yield from _data_faults(record)
    yield from outcome_faults(record)
    yield from _class_faults(record)
    yield from _training_faults(record)
    yield from _hash_faults(record)
    if _holds_null(record.recipe):
        yield "recipe: a value is null, as NaN is stored"
    if not _is_utc_second(record.finished):
        yield f"finished: {record.finished!r} is no UTC time to the second"


def _trial_faults(record: Record) -> Iterator[str]:
    trial = record.trial
    for what in ("task", "backbone", "arm"):
        if not is_name(getattr(trial, what)):
            yield f"trial.{what}: {getattr(trial, what)!r} is no name for a folder"
    if trial.images_per_class < 1:
        yield f"trial.images_per_class: {trial.images_per_class} is below 1"
    if trial.seed < 0:
        yield f"trial.seed: {trial.seed} is below 0"


def _data_faults(record: Record) -> Iterator[str]:
    data = record.data
    for what in ("image_size", "classes", "train_images", "test_images"):
        if getattr(data, what) < 1:
            yield f"data.{what}: {getattr(data, what)} is below 1"
    if record.trial.images_per_class * data.classes > data.train_images:
        yield "data.train_images: fewer than N of each class"
    also = list(data.test_in_train)
    if also != [i for i in sorted(set(also)) if 0 <= i < data.test_images]:
        yield "data.test_in_train: not increasing indices of test images"


def _class_faults(record: Record) -> Iterator[str]:
    if not all(0 <= end < record.data.classes for end in _ends(record.predictions)):
        yield f"predictions: not all are classes from 0 to {record.data.classes - 1}"


def _ends(numbers: Sequence[int]) -> tuple[int, ...]:
    return (min(numbers), max(numbers)) if numbers else ()


def _training_faults(record: Record) -> Iterator[str]:
    training = record.training
    if not all(0 <= loss < math.inf for loss in training.losses):
        yield "training.losses: not all are finite and at least 0"
    if not 0 <= training.seconds < math.inf:
        yield f"training.seconds: {training.seconds} is not a duration"
    if record.status == "failed":
        return
    if training.seconds == 0:
        yield "training.seconds: 0 although the trial did not fail"
    recipe = stored(record.recipe)
    if recipe.has_budget:
        yield from _steps_faults(record, recipe.steps)
    elif (training.steps, training.losses, training.levelled_off) != (0, (), None):
        yield "training: steps or losses of a recipe that has none"


def _steps_faults(record: Record, budget: int | None) -> Iterator[str]:
    training = record.training
    if budget is None:
        yield "recipe: its budget is not a whole number of steps, or of views in whole batches"
    elif not 0 < training.steps <= budget:
        yield f"training.steps: {training.steps} is not between 1 and the recipe's {budget}"
    if not training.losses or training.levelled_off is None:
        yield "training: no losses, or not whether they levelled off"
    elif record.protocol == PROTOCOL:
        yield from replay_faults(stored(record.recipe), training)


def _hash_faults(record: Record) -> Iterator[str]:
    hashes = {
        "fingerprint": record.fingerprint,
        "data.hash": record.data.hash,
        "subset_hash": record.subset_hash,
    }
    if record.weights_hash is not None:
        hashes["weights_hash"] = record.weights_hash
    for what, value in hashes.items():
        if not _SHA256.fullmatch(value):
            yield f"{what}: no SHA-256 in 64 hexadecimal digits"
    if record.pretrained and record.weights_hash is None:
        yield "pretrained: but no pretrained tensor was read"
    if record.trial.arm == SCRATCH and record.weights_hash is not None:
        yield "weights_hash: scratch starts from no weights"


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_null, value.values() if isinstance(value, dict) else value))
    return value is None


def _is_utc_second(text: str) -> bool:
    try:
        time = datetime.fromisoformat(text)
        return time.utcoffset() == timedelta(0) and time.isoformat(timespec="seconds") == text
    except ValueError:
        return False
