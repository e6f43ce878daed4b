"""Chooses each arm's learning rate for a backbone, on training images of development tasks only.

Two-fold cross-validation inside subsets of the training split, over a small grid of rates, the same
grid for every arm. The test split is never loaded into a network here. Every measurement is kept in
``tuned/evidence.csv``; the chosen rates in ``tuned/rates.yaml``.
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

from benchmark import arms, backbones, data, executors, networks, subsets, sweep, trial
from benchmark.data import Split
from benchmark.errors import UserError
from benchmark.evidence import EVIDENCE_FILE, Cell, Evidence, read_evidence, write_evidence
from benchmark.recipes import RATES_FILE, Recipe, Tuned, tuned_backbones
from benchmark.tasks import Task
from benchmark.training import DivergedError
from benchmark.work import Work

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
SIZES = (4, 40)
"""Images per class of the subsets; each fold trains on half of them."""
SEEDS = (1000, 1001)
"""Far from the seeds of the leaderboard, whose subsets are not chosen on."""
FOLDS = 2


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
    for size in SIZES:
        for seed in SEEDS:
            for fold in range(FOLDS):
                drawn = (size, seed, fold)
                cell = Cell(name, weights, arm.name, task.name, *tried, *drawn)
                yield Tuning(cell, backbone, task, recipe)


def _recipe_hash(recipe: Recipe) -> str:
    facts = [trial.PROTOCOL, dataclasses.asdict(recipe)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def run(tuning: Tuning) -> tuple[Cell, float]:
    """Held-out accuracy (0..1) of one fold; 0 where the training diverges."""
    cell = tuning.cell
    dataset = networks.dataset_for(tuning.backbone, tuning.task, tuning.task.image_size)
    pool = dataset.train
    subset = subsets.subset(pool.labels, cell.images_per_class, cell.seed)
    fit, held = subsets.folds(pool.labels[subset], FOLDS, cell.seed)[cell.fold]
    held_out = Split(pool.images[subset[held]], pool.labels[subset[held]])
    inner = dataclasses.replace(dataset, test=held_out)
    work = Work(tuning.backbone, inner, subset[fit], cell.seed, tuning.recipe)
    try:
        predictions = arms.arm(cell.arm).fit(work).predictions
    except DivergedError:
        return cell, 0.0
    return cell, float(np.mean(predictions == held_out.labels))


def tune(
    backbone: str, tasks: Sequence[Task], workers: int, evidence_file: Path = EVIDENCE_FILE
) -> Evidence:
    """Runs what the evidence file lacks, keeps each result in it, and returns what was planned.

    Measurements of the backbone that are not planned any more leave the file.
    Raises `UserError` without a task.
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
    """Labelled images, each counted once, that the folds of all tasks draw on."""
    return sum(_labels_of(task) for task in tasks)


def _labels_of(task: Task) -> int:
    labels = data.load(task, task.image_size).train.labels
    drawn = [subsets.subset(labels, size, seed) for size in SIZES for seed in SEEDS]
    return len(np.unique(np.concatenate(drawn)))


def keep(backbone: str, found: Tuned, file: Path = RATES_FILE) -> None:
    """Writes what was found for ``backbone`` (portable name) beside the others."""
    everything = {**tuned_backbones(file), backbone: found}
    plain = {name: dataclasses.asdict(tuned) for name, tuned in everything.items()}
    head = "# Learning rates chosen by `make tune`; evidence.csv holds the measurements.\n"
    file.write_text(head + yaml.safe_dump(plain), encoding="utf-8")
    tuned_backbones.cache_clear()
