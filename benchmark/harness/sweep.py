"""A sweep: the planned trials minus the stored ones are run, and each record is stored at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from benchmark import arms
from benchmark.arms import Arm
from benchmark.errors import UserError
from benchmark.harness import job as trial
from benchmark.harness import plan
from benchmark.harness.executors import processes as executors
from benchmark.harness.job import Job
from benchmark.records import store
from benchmark.records.recipe import ProbeRecipe, Recipe, fitted, tuned_backbones
from benchmark.records.record import Record
from benchmark.tasks.schema import Task
from benchmark.training import backbones
from benchmark.training import fit as networks


@dataclass(frozen=True)
class Selection:
    """What a user asks for."""

    tasks: tuple[Task, ...]
    backbones: tuple[str, ...]
    arms: tuple[str, ...]
    images_per_class: tuple[int, ...] | None = None
    """None: the grid of each task."""
    seeds: int = 5
    image_size: int | None = None
    """None: the size of each task."""


@dataclass(frozen=True)
class Sweep:
    """The jobs of a selection, and what had to be left out of it."""

    jobs: tuple[Job, ...]
    notes: tuple[str, ...]


def prepare(selection: Selection) -> Sweep:
    """Loads every task's data and every backbone's weights once, and plans all jobs.

    Raises `UserError` for unknown names and for data or weights that cannot be had.
    """
    chosen = [arms.arm(name) for name in selection.arms]
    for backbone in selection.backbones:
        backbones.check_name(backbone)
    _check_names_differ(selection.backbones)
    jobs: list[Job] = []
    notes: list[str] = []
    for task in selection.tasks:
        for backbone in selection.backbones:
            more, lines = _jobs(selection, task, backbone, chosen)
            jobs += more
            notes += [line for line in lines if line not in notes]
    if not jobs:
        raise UserError("no trial can be run", where="; ".join(notes), mend="choose smaller N")
    return Sweep(tuple(jobs), tuple(notes))


def _check_names_differ(names: Sequence[str]) -> None:
    """Records carry the portable name alone."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(backbones.portable_name(name), name)
        if other != name:
            raise UserError(
                f"{other} and {name} have the same name in records",
                mend="rename one of the folders, or run them with different RECORDS=...",
            )


def _jobs(
    selection: Selection, task: Task, backbone: str, chosen: Sequence[Arm]
) -> tuple[list[Job], list[str]]:
    size = selection.image_size or task.image_size
    backbones.check_size(backbone, size)
    dataset = networks.dataset_for(backbone, task, size)
    sizes, lines = plan.feasible(
        selection.images_per_class or task.images_per_class,
        dataset.train.labels,
        dataset.class_names,
    )
    by_name = {arm.name: arm for arm in chosen}
    trials = plan.grid(task.name, [backbone], list(by_name), sizes, selection.seeds)
    hashes = {a.name: backbones.weights_hash(backbone) if a.pretrained else None for a in chosen}
    recipes = {arm.name: recipe_for(arm, task, backbone) for arm in chosen}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    jobs = [Job(t, task, recipes[t.arm], size, dataset.hash, hashes[t.arm], device) for t in trials]
    return jobs, [f"{task.name}: {line}" for line in lines]


def recipe_for(arm: Arm, task: Task, backbone: str) -> Recipe | ProbeRecipe:
    """The arm's recipe with the backbone's tuned learning rate and the task's needs."""
    if isinstance(arm.recipe, ProbeRecipe):
        return arm.recipe
    return fitted(
        arm.recipe,
        arm.name,
        tuned_backbones().get(backbones.portable_name(backbone)),
        flip=task.flip,
        budget=task.budget,
    )


def missing(root: Path, jobs: Sequence[Job]) -> list[Job]:
    """The jobs without a current record, the longest first so that all processes end together."""
    todo = [job for job in jobs if not store.is_stored(root, job.stored_trial, job.fingerprint)]
    return sorted(todo, key=_cost, reverse=True)


def _cost(job: Job) -> tuple[int, int]:
    """Orders jobs by the pixels that they train on; of equals, fewer images end earlier.

    A probe is cheap.
    """
    if isinstance(job.recipe, ProbeRecipe):
        return 0, job.trial.images_per_class
    pixels = job.recipe.steps * job.recipe.batch_size * job.image_size**2
    return pixels, job.trial.images_per_class


def run(
    root: Path,
    jobs: Sequence[Job],
    workers: int,
    function: Callable[[Job], Record] = trial.run,
    progress: bool = True,
) -> Iterator[Record]:
    """Runs what is missing and stores each record before it is yielded."""
    todo = missing(root, jobs)
    if workers > 1 and len(todo) > 1:
        results = executors.run_in_processes(function, todo, min(workers, len(todo)))
    else:
        torch.set_num_threads(1)
        results = executors.run_here(function, todo)
    bar = partial(tqdm, total=len(jobs), initial=len(jobs) - len(todo), unit="trial", disable=None)
    # A full disk ends the processes at once: none trains what can no longer be stored.
    with contextlib.closing(results):
        for record in bar(results) if progress else results:
            store.save(root, record)
            yield record


def stored(root: Path, jobs: Sequence[Job]) -> list[Record]:
    """The current records of the jobs; raises `UserError` if one is missing."""
    records = []
    for job in jobs:
        record = store.load_file(store.path_of(root, job.stored_trial))
        if record.fingerprint != job.fingerprint:
            raise UserError("this record is stale", where=store.path_of(root, job.stored_trial))
        records.append(record)
    return records
