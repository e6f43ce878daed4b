"""Runs one job: trains, predicts the test split once, and tells it all in a record."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from pydantic import JsonValue

from benchmark import arms
from benchmark.records import hardware
from benchmark.records.recipe import ProbeRecipe, Recipe
from benchmark.records.record import DataFacts, Record, Training, Trial
from benchmark.tasks import subsets
from benchmark.tasks.data import Dataset
from benchmark.tasks.schema import Task
from benchmark.training import backbones
from benchmark.training import fit as networks
from benchmark.training.loop import DivergedError
from benchmark.training.work import Outcome, Work

PROTOCOL = 1
"""Goes up when the same recipe no longer means the same training, so that old records go stale."""

_PACKAGES = ("torch", "timm", "datasets", "scikit-learn", "numpy", "pillow")


@dataclass(frozen=True)
class Job:
    """A trial with all that a process needs to run it; a list of jobs is a sweep."""

    trial: Trial
    task: Task
    recipe: Recipe | ProbeRecipe
    image_size: int
    data_hash: str
    weights_hash: str | None
    device: str = "cpu"

    @property
    def stored_trial(self) -> Trial:
        """The trial as records name it: no path in the backbone's name."""
        return dataclasses.replace(
            self.trial, backbone=backbones.portable_name(self.trial.backbone)
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all that, if changed, makes a stored record stale."""
        recipe, design = dataclasses.asdict(self.recipe), backbones.design(self.trial.backbone)
        return fingerprint(recipe, self.image_size, self.data_hash, self.weights_hash, design)


def fingerprint(
    recipe: Mapping[str, Any],
    image_size: int,
    data_hash: str,
    weights_hash: str | None,
    design: Mapping[str, Any],
) -> str:
    """The fingerprint of a record with this recipe, on these data, from these weights."""
    facts = {
        "protocol": PROTOCOL,
        "recipe": recipe,
        "image_size": image_size,
        "data": data_hash,
        "weights": weights_hash,
        "design": design,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def run(job: Job) -> Record:
    """Trains and evaluates. A training that diverges gives a record with status ``failed``.

    Raises `UserError` for data or weights that cannot be had.
    """
    dataset = networks.dataset_for(job.trial.backbone, job.task, job.image_size)
    subset = subsets.subset(dataset.train.labels, job.trial.images_per_class, job.trial.seed)
    work = Work(job.trial.backbone, dataset, subset, job.trial.seed, job.recipe, job.device)
    try:
        outcome, reason = arms.arm(job.trial.arm).fit(work), None
    except DivergedError as error:
        nothing = np.empty(0, dtype=np.int64)
        outcome, reason = Outcome(nothing, Training(0, (), None, 0.0)), str(error)
    return _record(job, dataset, subsets.subset_hash(subset), outcome, reason)


def _record(
    job: Job, dataset: Dataset, subset_hash: str, outcome: Outcome, reason: str | None
) -> Record:
    right = outcome.predictions == dataset.test.labels if reason is None else np.empty(0, bool)
    return Record(
        trial=job.stored_trial,
        fingerprint=job.fingerprint,
        status="ok" if reason is None else "failed",
        reason=reason,
        accuracy=float(right.mean()) if reason is None else None,
        predictions=tuple(outcome.predictions.tolist()),
        correct="".join("01"[int(r)] for r in right),
        recipe=_plain(job.recipe),
        data=_facts(dataset, job.image_size),
        backbone_label=backbones.label(job.trial.backbone),
        weights_hash=job.weights_hash,
        subset_hash=subset_hash,
        training=outcome.training,
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        device=_device(job),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _device(job: Job) -> str:
    model = hardware.processor() if job.device == "cpu" else torch.cuda.get_device_name()
    return f"{job.device}, {model}"


def _plain(recipe: Recipe | ProbeRecipe) -> dict[str, JsonValue]:
    """The recipe as JSON has it, tuples as lists."""
    plain: dict[str, JsonValue] = json.loads(json.dumps(dataclasses.asdict(recipe)))
    return plain


def _facts(dataset: Dataset, image_size: int) -> DataFacts:
    return DataFacts(
        source=dataset.source,
        hash=dataset.hash,
        image_size=image_size,
        classes=len(dataset.class_names),
        train_images=len(dataset.train.labels),
        test_images=len(dataset.test.labels),
        test_in_train=dataset.test_in_train,
    )
