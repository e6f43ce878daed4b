"""What a sweep will cost, from its plan and a measurement of about two seconds per network."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmark import arms
from benchmark.harness.job import Job
from benchmark.records import store
from benchmark.records.recipe import Recipe, stored
from benchmark.records.record import Trial
from benchmark.tasks.data import Dataset, Split
from benchmark.training import backbones
from benchmark.training.fit import dataset_for
from benchmark.training.work import Work

_SHORT, _LONG = 4, 24
"""Steps of the two measured trainings; their difference is free of what a training costs once."""
_PROBE_SECONDS = 0.5
_START_SECONDS = 10.0
"""Importing torch and timm in the processes, once per sweep."""
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
    """Images trained on, with repetition, if every trial used its whole budget."""
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


def estimate(jobs: Sequence[Job], workers: int, recorded: Path) -> Estimate:
    """Measures each network once and adds up. ``jobs``: those that are still to be run.

    How much of its budget a trial uses before its loss is at the floor is taken from the records
    below ``recorded`` of the same task, arm and N; where there are none, it is the whole budget.
    """
    shares = _budget_shares(recorded, {job.task.name for job in jobs})
    torch.set_num_threads(1)
    speeds: dict[_Network, Speed] = {}
    for job in jobs:
        key = _network(job)
        if job.recipe.steps and key not in speeds:
            speeds[key] = measure(job)
    costs = [_cost(job, speeds, _share(job, shares)) for job in jobs]
    total = sum(costs)
    spread = max(total / workers, max(costs, default=0.0))
    return Estimate(
        trials=len(jobs),
        images=sum(job.recipe.views for job in jobs),
        core_seconds=total,
        seconds=spread + _START_SECONDS * bool(jobs),
        disk_bytes=sum(_RECORD_BYTES + 4 * _test_images(job) for job in jobs),
        memory_bytes=workers * _PROCESS_BYTES + sum({_dataset_bytes(job) for job in jobs}),
    )


_Cell = tuple[str, str, int]
_Network = tuple[str, str, str, int]


def _network(job: Job) -> _Network:
    """What is measured once: arms may cost differently."""
    return job.task.name, job.backbone, job.trial.arm, job.image_size


def _cell(trial: Trial) -> _Cell:
    return trial.task, trial.arm, trial.images_per_class


def _budget_shares(recorded: Path, tasks: set[str]) -> dict[_Cell, float]:
    """(task, arm, N) -> mean share of the budget that recorded trainings used, 0..1."""
    shares: dict[_Cell, list[float]] = defaultdict(list)
    for task in tasks:
        for record in store.load(recorded, lambda fault: None, task=task):
            budget = stored(record.recipe).steps
            if budget:
                shares[_cell(record.trial)].append(record.training.steps / budget)
    return {cell: float(np.mean(values)) for cell, values in shares.items()}


def _share(job: Job, recorded: dict[_Cell, float]) -> float:
    """Of the budget; without a floor no training ends early."""
    if isinstance(job.recipe, Recipe) and not job.recipe.floor:
        return 1.0
    return recorded.get(_cell(job.trial), 1.0)


def _cost(job: Job, speeds: dict[_Network, Speed], share: float) -> float:
    if not job.recipe.steps:
        return _PROBE_SECONDS
    speed = speeds[_network(job)]
    return speed.once + speed.step * job.recipe.steps * share


def measure(job: Job) -> Speed:
    """Times a short and a longer training of the job's network on one core."""
    dataset = _dataset(job)
    first = np.arange(min(64, len(dataset.train.labels)))
    small = replace(dataset, test=Split(dataset.train.images[:1], dataset.train.labels[:1]))

    def run(steps: int, data: Dataset) -> Callable[[], object]:
        backbone, recipe = backbones.find(job.backbone), job.recipe.shortened(steps)
        work = Work(backbone, data, first, 0, recipe, job.device)
        return lambda: arms.arm(job.trial.arm).fit(work)

    _seconds(run(1, small))  # the first use of a network compiles and allocates
    short, long, whole = (
        _seconds(run(steps, data))
        for steps, data in ((_SHORT, small), (_LONG, small), (_SHORT, dataset))
    )
    step = (long - short) / (_LONG - _SHORT)
    return Speed(step, max(0.0, whole - _SHORT * step))


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _dataset(job: Job) -> Dataset:
    return dataset_for(backbones.find(job.backbone), job.task, job.image_size)


def _test_images(job: Job) -> int:
    return len(_dataset(job).test.labels)


def _dataset_bytes(job: Job) -> int:
    loaded = _dataset(job)
    return int(loaded.train.images.nbytes + loaded.test.images.nbytes)
