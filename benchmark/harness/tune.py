"""Chooses each arm's learning rate for a backbone, on training images of development tasks only.

Training images are held out, the same ones at every N, and a small grid of rates, the same for
every arm, is scored on them after training on N others per class. The test split is never loaded
into a network here. Every measurement is kept in ``tuned/evidence.csv``; the chosen rates in
``tuned/rates.yaml``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark import arms, files
from benchmark.errors import UserError
from benchmark.harness import executors
from benchmark.harness.plan import recipe_for
from benchmark.records.evidence import (
    EVIDENCE_FILE,
    Cell,
    Evidence,
    chosen_rates,
    read_evidence,
    write_evidence,
)
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import AnyRecipe, as_stored
from benchmark.records.tuned import Tuned, keep
from benchmark.tasks import data, subsets
from benchmark.tasks.data import Split
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_tasks
from benchmark.tasks.sources import find as sources
from benchmark.training import backbones
from benchmark.training.backbones import Backbone
from benchmark.training.fit import dataset_for
from benchmark.training.loop import DivergedError
from benchmark.training.work import Work

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
SIZES = (2, 10, 50, 200)
"""Images per class that are trained on, as far as a task has them: one rate has to serve all N."""
HELD_OUT = 50
"""Images per class that score a rate: with fewer, the noise is larger than what rates differ by."""
SEEDS = (1000, 1001)
"""Far from the seeds of the leaderboard, whose subsets are not chosen on."""


@dataclass(frozen=True)
class Tuning:
    """A cell with what a process needs to run it."""

    cell: Cell
    backbone: str
    """The name that timm understands."""
    task: Task
    recipe: AnyRecipe


def plan(backbone: Backbone, tasks: Sequence[Task]) -> list[Tuning]:
    """Every training that choosing the rates of ``backbone`` needs."""
    return [
        tuning
        for task in tasks
        for arm in arms.all_arms().values()
        for rate in RATES
        for tuning in _tunings(backbone, task, arm, rate)
    ]


def _tunings(backbone: Backbone, task: Task, arm: arms.Arm, rate: float) -> Iterator[Tuning]:
    """None for an arm without a learning rate."""
    weights = backbone.weights_hash[:12] if arm.reads_weights else ""
    classes = len(np.unique(_labels(task)))
    for size in _sizes(task):
        recipe = recipe_for(arm, task, backbone, size, classes).with_rate(rate)
        if recipe is None:
            return
        tried = (rate, recipe.steps, files.digest([PROTOCOL, as_stored(recipe)])[:12])
        for seed in SEEDS:
            cell = Cell(
                backbone.portable_name, weights, arm.name, task.name, *tried, HELD_OUT, size, seed
            )
            yield Tuning(cell, backbone.name, task, recipe)


def _sizes(task: Task) -> list[int]:
    """The sizes for which each class has images beside those held out."""
    _, least = subsets.smallest_class(_labels(task))
    if sizes := [size for size in SIZES if HELD_OUT + size <= least]:
        return sizes
    raise UserError(
        f"{task.name} has {least} training images in its smallest class; choosing rates on it "
        f"needs {HELD_OUT + min(SIZES)}",
        mend="mark a larger task with 'development: true'",
    )


def _labels(task: Task) -> NDArray[np.int64]:
    return data.load(task, task.image_size).train.labels


def run(tuning: Tuning) -> tuple[Cell, float]:
    """Held-out accuracy (0..1) of one training; 0 where it diverges."""
    cell = tuning.cell
    backbone = backbones.find(tuning.backbone)
    dataset = dataset_for(backbone, tuning.task, tuning.task.image_size)
    pool = dataset.train
    held, fit = _drawn(pool.labels, cell)
    held_out = Split(pool.images[held], pool.labels[held])
    inner = dataclasses.replace(dataset, test=held_out)
    work = Work(backbone, inner, fit, cell.seed, tuning.recipe)
    try:
        predictions = arms.arm(cell.arm).fit(work).predictions
    except DivergedError:
        return cell, 0.0
    return cell, float(np.mean(predictions == held_out.labels))


def _drawn(labels: NDArray[np.int64], cell: Cell) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions held out and trained on. Subsets nest, so what a larger one adds is new."""
    held = subsets.subset(labels, cell.held_out, cell.seed)
    both = subsets.subset(labels, cell.held_out + cell.images_per_class, cell.seed)
    return held, np.setdiff1d(both, held)


def tune(
    backbone: str, tasks: Sequence[Task], workers: int, evidence_file: Path = EVIDENCE_FILE
) -> Evidence:
    """Runs what the evidence file lacks, keeps each result in it, and returns what was planned.

    Measurements of the backbone that are not planned any more leave the file.
    Raises `UserError` without a task, or where a task has too few images.
    """
    if not tasks:
        raise UserError(
            "no development task's data can be used",
            mend="mark a task with 'development: true'",
        )
    network = backbones.find(backbone)
    planned = plan(network, tasks)
    current, own = {t.cell for t in planned}, network.portable_name
    stored = read_evidence(evidence_file).items()
    evidence = {cell: a for cell, a in stored if cell.backbone != own or cell in current}
    todo = [tuning for tuning in planned if tuning.cell not in evidence]
    todo.sort(key=lambda t: t.recipe.views * t.task.image_size**2, reverse=True)
    for cell, accuracy in executors.run(run, todo, workers):
        evidence[cell] = accuracy
        write_evidence(evidence, evidence_file)
    return {tuning.cell: evidence[tuning.cell] for tuning in planned}


def labels_used(tasks: Sequence[Task]) -> int:
    """Labelled images, each counted once, that are trained on or held out, over all tasks."""
    return sum(_labels_of(task) for task in tasks)


def _labels_of(task: Task) -> int:
    labels, most = _labels(task), HELD_OUT + max(_sizes(task))
    drawn = [subsets.subset(labels, most, seed) for seed in SEEDS]
    return len(np.unique(np.concatenate(drawn)))


@dataclass(frozen=True)
class Choice:
    """What was measured for a backbone and what follows from it."""

    backbone: str
    """The name in records."""
    evidence: Evidence
    tuned: Tuned


def choose(backbone: str, workers: int) -> Choice:
    """Measures on the development tasks that are at hand, and keeps the best rates."""
    development = [task for task in load_tasks() if task.development]
    usable = [task for task in development if not sources.find(task).remote]
    evidence = tune(backbone, usable, workers)
    tuned = Tuned(chosen_rates(evidence), labels_used(usable))
    name = backbones.portable_name(backbone)
    keep(name, tuned)
    return Choice(name, evidence, tuned)
