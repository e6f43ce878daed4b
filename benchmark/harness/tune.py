"""Chooses each arm's learning rate for a backbone, on training images of development tasks only.

Training images are held out, the same ones at every N, and a small grid of rates, the same for
every arm, is scored on them after training on N others per class. The test split is never loaded
into a network here. Every measurement is kept in ``tuned/evidence.csv``; the chosen rates in
``tuned/rates.yaml``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import job as trial
from benchmark.harness import sweep
from benchmark.harness.executors import processes as executors
from benchmark.records.evidence import EVIDENCE_FILE, Cell, Evidence, read_evidence, write_evidence
from benchmark.records.recipe import RATES_FILE, Recipe, Tuned, tuned_backbones
from benchmark.tasks import data, subsets
from benchmark.tasks.data import Split
from benchmark.tasks.schema import Task
from benchmark.training import backbones
from benchmark.training import fit as networks
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
    recipe: Recipe


def plan(backbone: str, tasks: Sequence[Task]) -> list[Tuning]:
    """Every training that choosing the rates of ``backbone`` needs."""
    trained = [arm for arm in arms.all_arms().values() if isinstance(arm.recipe, Recipe)]
    return [
        tuning
        for task in tasks
        for arm in trained
        for rate in RATES
        for tuning in _tunings(backbone, task, arm, rate)
    ]


def _tunings(backbone: str, task: Task, arm: arms.Arm, rate: float) -> Iterator[Tuning]:
    recipe = sweep.recipe_for(arm, task, backbone)
    assert isinstance(recipe, Recipe)
    # Without the labels that an earlier choice took, which do not change the training.
    recipe = dataclasses.replace(recipe, learning_rate=rate, tuning_labels=0)
    name = backbones.portable_name(backbone)
    weights = backbones.weights_hash(backbone)[:12] if arm.pretrained else ""
    tried = (rate, recipe.steps, _recipe_hash(recipe))
    for size in _sizes(task):
        for seed in SEEDS:
            cell = Cell(name, weights, arm.name, task.name, *tried, HELD_OUT, size, seed)
            yield Tuning(cell, backbone, task, recipe)


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


def _recipe_hash(recipe: Recipe) -> str:
    facts = [trial.PROTOCOL, dataclasses.asdict(recipe)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def run(tuning: Tuning) -> tuple[Cell, float]:
    """Held-out accuracy (0..1) of one training; 0 where it diverges."""
    cell = tuning.cell
    dataset = networks.dataset_for(tuning.backbone, tuning.task, tuning.task.image_size)
    pool = dataset.train
    held, fit = _drawn(pool.labels, cell)
    held_out = Split(pool.images[held], pool.labels[held])
    inner = dataclasses.replace(dataset, test=held_out)
    work = Work(tuning.backbone, inner, fit, cell.seed, tuning.recipe)
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
    planned = plan(backbone, tasks)
    current, own = {t.cell for t in planned}, backbones.portable_name(backbone)
    stored = read_evidence(evidence_file).items()
    evidence = {cell: a for cell, a in stored if cell.backbone != own or cell in current}
    todo = [tuning for tuning in planned if tuning.cell not in evidence]
    todo.sort(key=lambda t: t.recipe.steps * t.task.image_size**2, reverse=True)
    for cell, accuracy in executors.run_in_processes(run, todo, workers) if todo else ():
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


def keep(backbone: str, found: Tuned, file: Path = RATES_FILE) -> None:
    """Writes what was found for ``backbone`` (portable name) beside the others."""
    everything = {**tuned_backbones(file), backbone: found}
    plain = {name: dataclasses.asdict(tuned) for name, tuned in everything.items()}
    head = "# Learning rates chosen by `make tune`; evidence.csv holds the measurements.\n"
    file.write_text(head + yaml.safe_dump(plain), encoding="utf-8")
    tuned_backbones.cache_clear()
