"""Runs one job: trains, predicts the test split once, and tells it all in a record."""

from __future__ import annotations

import functools
import platform
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import torch

from benchmark import arms, files
from benchmark.errors import UserError
from benchmark.records import hardware
from benchmark.records.fingerprint import PROTOCOL, Ingredients, fingerprint
from benchmark.records.recipe import AnyRecipe, as_stored
from benchmark.records.record import DataFacts, Record, Training, Trial
from benchmark.tasks import subsets
from benchmark.tasks.data import Dataset
from benchmark.tasks.definition.schema import Task
from benchmark.training import backbones
from benchmark.training.backbones import Backbone
from benchmark.training.fit import dataset_for
from benchmark.training.loop import DivergedError
from benchmark.training.trunks import Trunk
from benchmark.training.work import Outcome, Work

_PACKAGES = ("torch", "timm", "datasets", "scikit-learn", "numpy", "pillow")


@dataclass(frozen=True)
class Job:
    """A trial with all that a process needs to run it; a list of jobs is a plan."""

    trial: Trial
    """As records name it: no path in the backbone's name."""
    backbone: str
    """The backbone's name as the user gave it."""
    task: Task
    recipe: AnyRecipe
    """As used at the trial's N."""
    made_of: Ingredients
    subset_hash: str
    """SHA-256 of the sorted indices of the training subset."""
    device: str = "cpu"
    trunk: Literal["left", "continued"] | None = None
    """Whether it leaves its trunk in the cache, or goes on from one that is there; None: neither,
    so that it trains as if nobody had trained before."""
    pretrained_on: str | None = None
    """What the user says that the weights were trained on; None: what the backbone's name says."""

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all that, if changed, makes a stored record stale."""
        return fingerprint(as_stored(self.recipe), self.made_of)

    @property
    def image_size(self) -> int:
        """Side of the square images that the network sees, in pixels."""
        return self.made_of.image_size

    def has_made(self, record: Record) -> bool:
        """Whether ``record`` is current, and rests on what this job reads: not by its word alone.

        False for a record that is stale, and for one whose parts do not belong together.
        """
        data = record.data
        used = replace(
            self.made_of,
            image_size=data.image_size,
            data_hash=data.hash,
            weights_hash=record.weights_hash,
        )
        return (record.trial, record.subset_hash) == (self.trial, self.subset_hash) and (
            record.fingerprint == self.fingerprint == fingerprint(record.recipe, used)
        )

    def varied(self, alternative: str) -> Job | None:
        """With its recipe as an audit tries it; None where there is nothing to vary.

        It goes on from where this one began to cool down, if it gets there as this one does.
        """
        recipe = self.recipe.varied(alternative)
        return None if recipe is None else replace(self, recipe=recipe, trunk="continued")

    @property
    def stored_trunk(self) -> Trunk | None:
        """Where that lies: by all that decides a training before its cool-down, to the last bit."""
        if self.trunk is None or (recipe := self.recipe.trunk) is None:
            return None
        trained = replace(self, recipe=recipe).fingerprint, self.subset_hash
        key = files.digest([asdict(self.trial), trained, versions(), device_of(self)])
        return Trunk(key, leaves=self.trunk == "left")


def made_of(arm: arms.Arm, backbone: Backbone, dataset: Dataset, image_size: int) -> Ingredients:
    """What a training of the arm with these images is made of; ``image_size`` in pixels."""
    return Ingredients(
        image_size=image_size,
        data_hash=dataset.hash,
        weights_hash=backbone.weights_hash if arm.reads_weights else None,
        design=backbone.design,
    )


def run(job: Job, dataset: Dataset | None = None) -> Record:
    """Trains and evaluates. A training that diverges gives a record with status ``failed``.

    ``dataset``: the images, where they come from another machine; else they are read here. Raises
    `UserError` for data or weights that cannot be had, or are no longer those planned, and
    MemoryError where there is too little memory, on whatever device.
    """
    work = work_of(job, dataset)
    try:
        outcome, reason = arms.arm(job.trial.arm).fit(work), None
    except DivergedError as error:
        outcome, reason = _nothing(), str(error)
    except RuntimeError as error:
        if _is_want_of_memory(error):
            raise MemoryError(str(error)) from error
        raise
    return _record(job, work.dataset, subsets.subset_hash(work.subset), outcome, reason)


def work_of(job: Job, dataset: Dataset | None = None) -> Work[Any]:
    """What the job's arm gets; raises `UserError` as `run` does."""
    backbone = backbones.find(job.backbone)
    dataset = dataset or dataset_for(backbone, job.task, job.image_size)
    _check_unchanged(job, dataset, backbone)
    subset = subsets.subset(dataset.train.labels, job.trial.images_per_class, job.trial.seed)
    return Work(
        *(backbone, dataset, subset, job.trial.seed, job.recipe, job.device),
        trunk=job.stored_trunk,
    )


def failed(job: Job, reason: str) -> Record:
    """The record of a job that could not be run to its end; raises as `run`."""
    dataset = dataset_for(backbones.find(job.backbone), job.task, job.image_size)
    return _record(job, dataset, job.subset_hash, _nothing(), reason)


def _nothing() -> Outcome:
    return Outcome(np.empty(0, dtype=np.int64), Training(0, (), None, 0.0))


def _is_want_of_memory(error: RuntimeError) -> bool:
    """torch has an exception of its own for it only where a GPU's memory is short."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _check_unchanged(job: Job, dataset: Dataset, backbone: Backbone) -> None:
    """What was read is what was planned, or the record would tell of other images or weights."""
    if dataset.hash != job.made_of.data_hash:
        raise UserError(
            f"the images of task {job.task.name!r} have changed since the run began",
            where=job.task.file,
            mend="put them back, or run again: all its trials are then trained on the new ones",
        )
    weights = job.made_of.weights_hash
    if backbone.design != job.made_of.design or weights not in (None, backbone.weights_hash):
        raise UserError(
            f"backbone {job.backbone!r} has changed since the run began",
            mend="put its files back, or run again: its trials are then trained with the new ones",
        )


def _record(
    job: Job, dataset: Dataset, subset_hash: str, outcome: Outcome, reason: str | None
) -> Record:
    right = outcome.predictions == dataset.test.labels if reason is None else np.empty(0, bool)
    backbone = backbones.find(job.backbone)
    return Record(
        trial=job.trial,
        fingerprint=job.fingerprint,
        protocol=PROTOCOL,
        status="ok" if reason is None else "failed",
        reason=reason,
        accuracy=float(right.mean()) if reason is None else None,
        predictions=tuple(outcome.predictions.tolist()),
        correct="".join("01"[int(r)] for r in right),
        recipe=as_stored(job.recipe),
        data=facts(dataset, job.image_size),
        backbone_label=backbone.label,
        pretrained_on=job.pretrained_on or backbone.pretrained_on,
        weights_hash=job.made_of.weights_hash,
        pretrained=arms.arm(job.trial.arm).pretrained,
        subset_hash=subset_hash,
        training=outcome.training,
        versions=versions(),
        device=device_of(job),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@functools.cache
def versions() -> dict[str, str]:
    """Name -> version of what a training rests on."""
    # Once: reading them takes some milliseconds, and each trial of a plan has a stored trunk.
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def device_of(job: Job) -> str:
    """What trains it, as records say it."""
    model = hardware.processor() if job.device == "cpu" else torch.cuda.get_device_name()
    return f"{job.device}, {model}"


def facts(dataset: Dataset, image_size: int) -> DataFacts:
    """What records say of the data."""
    return DataFacts(
        source=dataset.source,
        hash=dataset.hash,
        image_size=image_size,
        classes=len(dataset.class_names),
        train_images=len(dataset.train.labels),
        test_images=len(dataset.test.labels),
        test_in_train=dataset.test_in_train,
    )
