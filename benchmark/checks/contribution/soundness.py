"""What makes a record sound, alone and among others. Pure; needs neither data nor networks."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from benchmark.analysis.board import SCRATCH
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import StoredRecipe, stored
from benchmark.records.record import FORMAT, Record

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_NAME = re.compile(r"\.*|.*[/\\:].*", re.DOTALL)


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


# One record alone


def faults(record: Record) -> Iterator[str]:
    """What is wrong with a record, judged by what it says of itself."""
    if record.format != FORMAT:
        yield f"format {record.format} is unknown, this suite writes {FORMAT}"
    if not 1 <= record.protocol <= PROTOCOL:
        yield f"protocol {record.protocol} is unknown, this suite has {PROTOCOL}"
    yield from _trial_faults(record)
    yield from _data_faults(record)
    yield from _outcome_faults(record)
    yield from _training_faults(record)
    yield from _hash_faults(record)
    if _holds_null(record.recipe):
        yield "recipe: a value is null, as NaN is stored"
    if not _is_utc_second(record.finished):
        yield f"finished: {record.finished!r} is no UTC time to the second"


def _trial_faults(record: Record) -> Iterator[str]:
    trial = record.trial
    for what in ("task", "backbone", "arm"):
        if _NO_NAME.fullmatch(getattr(trial, what)):
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


def _outcome_faults(record: Record) -> Iterator[str]:
    if record.status == "failed":
        yield from _failed_faults(record)
        return
    if record.reason is not None:
        yield "reason: given although the trial did not fail"
    for what in ("predictions", "correct"):
        if len(getattr(record, what)) != record.data.test_images:
            yield f"{what}: {len(getattr(record, what))} of {record.data.test_images} test images"
    if not all(0 <= end < record.data.classes for end in _ends(record.predictions)):
        yield f"predictions: not all are classes from 0 to {record.data.classes - 1}"
    if set(record.correct) - {"0", "1"}:
        yield "correct: other characters than 0 and 1"
    elif record.accuracy != record.correct.count("1") / max(1, len(record.correct)):
        yield f"accuracy: {record.accuracy} is not the mean of correct"


def _ends(numbers: Sequence[int]) -> tuple[int, ...]:
    return (min(numbers), max(numbers)) if numbers else ()


def _failed_faults(record: Record) -> Iterator[str]:
    if not record.reason:
        yield "reason: missing although the trial failed"
    if record.accuracy is not None or record.predictions or record.correct:
        yield "status: failed, but there are predictions or an accuracy"


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


# Records among each other


def disagreements(found: Sequence[Filed]) -> Iterator[Problem]:
    """What is wrong between records that, each alone, may be sound."""
    for rule in _RULES:
        yield from _minorities(rule, found)
    yield from _copies(found)
    yield from _unpaired(found)
    yield from _audit_problems(found)


@dataclass(frozen=True)
class _Rule:
    """All records of a group have the same value."""

    what: str
    group: Callable[[Filed], Hashable]
    """None: the rule does not apply."""
    value: Callable[[Filed], Hashable]


def _subset(one: Filed) -> Hashable:
    trial = one.record.trial
    return trial.task, trial.images_per_class, trial.seed


def _arm(one: Filed) -> Hashable:
    trial = one.record.trial
    return one.record.protocol, one.alternative, trial.task, trial.backbone, trial.arm


def _budget(one: Filed) -> Hashable:
    """A budget may be another at each N."""
    return None if one.recipe.steps is None else (_arm(one), one.record.trial.images_per_class)


def _data(one: Filed) -> Hashable:
    return replace(one.record.data, image_size=0, source="")


def _pretrained_backbone(one: Filed) -> Hashable:
    return None if one.record.weights_hash is None else one.record.trial.backbone


def _ingredients(one: Filed) -> Hashable:
    """What goes into the fingerprint, but for the network, which records do not hold."""
    data = one.record.data
    return one.record.protocol, one.recipe, data.image_size, data.hash, one.record.weights_hash


_RULES = (
    _Rule("subset_hash", _subset, lambda one: one.record.subset_hash),
    # The hash is taken before resizing, so that it is the same for every size and backbone.
    _Rule("data", lambda one: one.record.trial.task, _data),
    _Rule(
        "data.image_size",
        lambda one: (one.record.trial.task, one.record.trial.backbone),
        lambda one: one.record.data.image_size,
    ),
    _Rule("weights_hash", _pretrained_backbone, lambda one: one.record.weights_hash),
    _Rule(
        "backbone_label",
        lambda one: one.record.trial.backbone,
        lambda one: one.record.backbone_label,
    ),
    _Rule(
        "recipe",
        lambda one: (_arm(one), one.recipe.tuned_at),
        lambda one: one.recipe.without_budget,
    ),
    _Rule("recipe.tuning_labels", _arm, lambda one: one.recipe.tuning_labels),
    _Rule("recipe.steps", _budget, lambda one: one.recipe.steps),
    _Rule(
        "fingerprint",
        lambda one: (one.record.trial.backbone, _ingredients(one)),
        lambda one: one.record.fingerprint,
    ),
    _Rule(
        "recipe, data or weights behind the same fingerprint",
        lambda one: one.record.fingerprint,
        _ingredients,
    ),
)


def _minorities(rule: _Rule, found: Iterable[Filed]) -> Iterator[Problem]:
    """Those that differ from most of their group: one wrong record is one problem."""
    groups: dict[Hashable, dict[Hashable, list[Filed]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        if (group := rule.group(one)) is not None:
            groups[group][rule.value(one)].append(one)
    for values in groups.values():
        most, *others = sorted(values.values(), key=len, reverse=True)
        for one in chain.from_iterable(others):
            yield Problem(one.file, f"{rule.what}: not the same as in {short(most[0].file)}")


def short(file: Path) -> str:
    """Task, backbone, arm and name of a record's file."""
    return "/".join(file.parts[-4:])


def _copies(found: Iterable[Filed]) -> Iterator[Problem]:
    seen: dict[str, Filed] = {}
    for one in found:
        if one.record.status == "ok":
            first = seen.setdefault(one.outcome, one)
            if first is not one:
                yield Problem(one.file, f"the same outcome, to the second, as {short(first.file)}")


def _unpaired(found: Sequence[Filed]) -> Iterator[Problem]:
    """Gains are paired; those of audits are, too, with the records that are audited."""
    there = {(one.record.protocol, one.record.trial) for one in found if one.alternative is None}
    for one in found:
        partner = replace(one.record.trial, arm=SCRATCH)
        if one.alternative is None and (one.record.protocol, partner) not in there:
            missing = short(store.path_of(one.root, partner))
            yield Problem(one.file, f"no partner to compare with: {missing} is missing")


def _audit_problems(found: Sequence[Filed]) -> Iterator[Problem]:
    originals = {one.record.trial: one for one in found if one.alternative is None}
    for one in found:
        if one.alternative is None:
            continue
        original = originals.get(one.record.trial)
        if original is None:
            yield Problem(one.file, f"the audited record {short(one.file)} is missing")
        elif not _is_changed(one, original, one.alternative):
            yield Problem(one.file, f"recipe: not the audited one with {one.alternative}")


def _is_changed(again: Filed, original: Filed, alternative: str) -> bool:
    try:
        return again.recipe == original.recipe.varied(alternative)
    except TypeError:  # a setting that is no number
        return False
