"""What a sweep will cost, from its plan, measured steps, and how soon earlier trainings ended."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np

from benchmark import arms
from benchmark.defaults import RECORDED
from benchmark.harness import executors
from benchmark.harness.early_ends import Past
from benchmark.harness.job import Job
from benchmark.records.recipe import Recipe
from benchmark.tasks.data import Dataset, Split
from benchmark.training import backbones
from benchmark.training.fit import dataset_for
from benchmark.training.work import Work

_TENS = 10
"""Measured trainings have multiples of so many steps: a cool-down then has the share of them that
it has of a whole training."""
_MOST_TENS = 10
_ENOUGH_SECONDS = 8.0
"""Of measured steps, as far as a first few let one guess; a slow network gets ten all the same."""
_PROBE_SECONDS = 0.5
_START_SECONDS = 10.0
"""Importing torch and timm in the processes, once per sweep."""
_VIEW_SECONDS = 0.001
"""Of the bundled backbone at 64 pixels on one core."""
_RECORD_BYTES = 2500
_PROCESS_BYTES = 450e6


@dataclass(frozen=True)
class Speed:
    """What one network costs on one core."""

    step: float
    """Seconds per optimiser step."""
    once: float
    """Seconds per trial beside the steps: building, loading, evaluating."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a list of jobs."""

    trials: int
    images: int
    """Images still to be trained on, with repetition, if every trial used its whole budget."""
    core_seconds: float
    seconds: float
    """Wall time with the given number of processes."""
    disk_bytes: float
    memory_bytes: float

    def __str__(self) -> str:
        return (
            f"{self.trials} trials to run, "
            f"at most {self.images / 1e6:.2f} million training images\n"
            f"about {self.core_seconds / 60:.1f} core minutes, "
            f"{self.seconds / 60:.1f} minutes in all\n"
            f"about {self.disk_bytes / 1e6:.0f} MB of records, "
            f"{self.memory_bytes / 1e9:.1f} GB of memory"
        )


def estimate(jobs: Sequence[Job], workers: int, recorded: Iterable[Path]) -> Estimate:
    """Measures each kind of step and adds up. ``jobs``: those that are still to be run.

    How much of its budget a trial uses before its loss is at the floor is taken from records below
    the folders ``recorded``, and what it need not train itself from the trunks that are stored.
    """
    speeds = measured_speeds(jobs, workers)
    past = Past.read(recorded) if jobs else Past(())
    spared = [_spared(job) for job in jobs]
    costs = [
        _cost(job, speeds, past.share(job, _classes(job)), steps)
        for job, steps in zip(jobs, spared, strict=True)
    ]
    total = sum(costs)
    spread = max(total / workers, max(costs, default=0.0))
    return Estimate(
        trials=len(jobs),
        images=sum(map(_images, jobs, spared)),
        core_seconds=total,
        seconds=spread + _START_SECONDS * bool(jobs),
        disk_bytes=sum(_RECORD_BYTES + 4 * _test_images(job) for job in jobs),
        memory_bytes=workers * _PROCESS_BYTES + sum({_dataset_bytes(job) for job in jobs}),
    )


def with_recorded(records: Path) -> tuple[Path, ...]:
    """Folders of records that tell how early trainings end: one's own and the suite's."""
    return tuple(dict.fromkeys((records, RECORDED)))


@dataclass(frozen=True)
class Expected:
    """What trainings are likely to take on one core."""

    speeds: Mapping[_Kind, Speed]
    past: Past

    @classmethod
    def measured(
        cls,
        jobs: Sequence[Job],
        workers: int,
        recorded: Iterable[Path],
        patience: float,
        until: float,
    ) -> Expected:
        """From ``patience`` seconds of steps of each kind of job, and from what is recorded.

        What is not measured ``until`` that time, in seconds since the epoch, stays unknown.
        """
        return cls(measured_speeds(jobs, workers, patience, until), Past.read(recorded))

    def seconds(self, job: Job) -> float:
        """Of a job from its start; infinite where its kind was not measured in time."""
        if (kind := _kind(job)) is not None and kind not in self.speeds:
            return math.inf
        return _cost(job, self.speeds, self.past.share(job, _classes(job)), 0)


_Kind = tuple[str, str, str, int, str, int, float, float]
"""Of steps that cost the same."""


def _kind(job: Job) -> _Kind | None:
    """None where there are no steps. Arms may cost differently."""
    recipe = job.recipe
    if not isinstance(recipe, Recipe):
        return None
    network = job.task.name, job.backbone, job.trial.arm, job.image_size
    return *network, recipe.optimiser, recipe.batch_size, recipe.trunk_scale, recipe.cooldown


def rough(images_per_class: Sequence[int], classes: int, image_size: int) -> float:
    """Core seconds of a run of scratch and fine-tuning with the bundled backbone and five seeds.

    Nothing is measured: good enough to choose an image size by.
    """
    recipes = (
        arms.arm(name).recipe_at(n, classes)
        for name in ("scratch", "finetune")
        for n in images_per_class
    )
    views = sum(recipe.views for recipe in recipes)
    return 5 * views * _VIEW_SECONDS * (image_size / 64) ** 2


def measured_speeds(
    jobs: Iterable[Job],
    workers: int,
    patience: float = _ENOUGH_SECONDS,
    until: float | None = None,
) -> dict[_Kind, Speed]:
    """Each kind of step on as many cores at once as the sweep will use: they slow each other.

    Those that are known ``until`` that time, in seconds since the epoch.
    """
    first: dict[_Kind, Job] = {}
    for job in jobs:
        if (kind := _kind(job)) is not None:
            first.setdefault(kind, job)
    todo = [job for job in first.values() for _ in range(workers)]
    found: dict[_Kind, list[Speed]] = defaultdict(list)
    function = partial(_measured, patience=patience)
    for kind, speed in executors.run(function, todo, workers, until=until):
        found[kind].append(speed)
    return {
        kind: Speed(mean(one.step for one in speeds), mean(one.once for one in speeds))
        for kind, speeds in found.items()
    }


def _measured(job: Job, patience: float) -> tuple[_Kind, Speed]:
    kind = _kind(job)
    assert kind is not None
    return kind, measure(job, patience)


def _spared(job: Job) -> int:
    """Optimiser steps that the job goes on from."""
    trunk = job.stored_trunk
    return 0 if trunk is None else trunk.steps


def _images(job: Job, spared: int) -> int:
    recipe = job.recipe
    return recipe.all_views - spared * recipe.batch_size if isinstance(recipe, Recipe) else 0


def _cost(job: Job, speeds: Mapping[_Kind, Speed], share: float, spared: int) -> float:
    kind, recipe = _kind(job), job.recipe
    if kind is None or not isinstance(recipe, Recipe):
        return _PROBE_SECONDS
    speed = speeds[kind]
    before = recipe.all_views / recipe.views - 1  # never ends early
    steps = recipe.steps * (before + share) - spared * _trunk_step(recipe)
    return speed.once + speed.step * max(0.0, steps) / (before + 1)


def _trunk_step(recipe: Recipe) -> float:
    """What a step before the cool-down costs, as a share of the mean step: by its pixels."""
    small, large = recipe.trunk_scale**2, recipe.cooldown
    return small / ((1 - large) * small + large)


def measure(job: Job, patience: float = _ENOUGH_SECONDS) -> Speed:
    """Times a short and a longer training of the job's kind on one core.

    Their difference is free of what a training costs once. Both see small images before the
    cool-down for as large a share as the job's own training, and are too short to end early.
    """
    dataset = _dataset(job)
    # Far apart: images may lie class by class, and one class alone is no task for some arms.
    images = len(dataset.train.labels)
    first = np.linspace(0, images - 1, min(64, images)).astype(np.int64)
    small = replace(dataset, test=Split(dataset.train.images[:1], dataset.train.labels[:1]))

    def run(steps: int, data: Dataset) -> Callable[[], object]:
        backbone, recipe = backbones.find(job.backbone), job.recipe.shortened(steps)
        work = Work(backbone, data, first, 0, recipe, job.device)
        return lambda: arms.arm(job.trial.arm).fit(work)

    # The first images of a size make a network compile and allocate.
    guess = _seconds(run(4, small)) / 4
    more = _TENS * min(_MOST_TENS, max(1, round(patience / guess / _TENS)))
    short, long, whole = (
        _seconds(run(steps, data))
        for steps, data in ((_TENS, small), (_TENS + more, small), (_TENS, dataset))
    )
    step = (long - short) / more
    return Speed(step, max(0.0, whole - _TENS * step))


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _dataset(job: Job) -> Dataset:
    return dataset_for(backbones.find(job.backbone), job.task, job.image_size)


def _classes(job: Job) -> int:
    return len(_dataset(job).class_names)


def _test_images(job: Job) -> int:
    return len(_dataset(job).test.labels)


def _dataset_bytes(job: Job) -> int:
    loaded = _dataset(job)
    return int(loaded.train.images.nbytes + loaded.test.images.nbytes)
