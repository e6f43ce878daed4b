"""Chooses each arm's settings for a backbone, on training images of development tasks only.

Training images are held out, the same ones at every N; candidates, the same for every arm, are
scored on them after training on N others per class. First optimiser and rate together, until the
rates on either side of the best one have been tried, then one change at a time to it, of settings
that only this arm has as well. The test split is never loaded into a network here. Every
measurement is kept in ``tuned/evidence.csv``; the choices in ``tuned/settings.yaml``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import executors, held_out
from benchmark.harness.plan import fitted
from benchmark.records.evidence import (
    EVIDENCE_FILE,
    Cell,
    Chosen,
    Evidence,
    Place,
    as_text,
    chosen_settings,
    read_evidence,
    write_evidence,
)
from benchmark.records.recipe import AnyRecipe
from benchmark.records.tuned import Settings, Tuned, keep, tuned_backbones
from benchmark.tasks import subsets
from benchmark.tasks.definition.schema import Task
from benchmark.training import backbones
from benchmark.training.backbones import Backbone
from benchmark.training.loop import DivergedError

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
CANDIDATES: tuple[Settings, ...] = tuple(
    {"optimiser": optimiser, "learning_rate": rate}
    for optimiser in ("muon", "adamw")
    for rate in RATES[2:6]
)
"""Tried at every arm and size; other rates only where the best of these is the last on its side."""
CHANGES: tuple[Settings, ...] = ({"weight_decay": 0.2}, {"batch_size": 32}, {"turn": 0.0})
"""Tried one at a time on the best candidate of each arm and size."""
SIZES = (2, 10, 100)
"""Images per class that are trained on, as far as a task has them; N uses the nearest in log."""
MOST_VIEWS = 38_400
"""Budget of a measurement at most: before the cool-down a longer training is the same training."""
HELD_OUT = 150
"""Images per class that score a training, at most (see `held_out.count`): with 500 images in all
the noise is larger than what settings differ by."""
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


Wanted = Callable[[arms.Arm, int], Sequence[Settings]]
"""Arm and images per class -> what is to be tried there."""


def chosen_arms(backbone: Backbone, names: Sequence[str] | None) -> list[arms.Arm]:
    """The arms of these names; without any, all that are tuned unasked.

    Raises `UserError` for an unknown arm, and for one that is nothing for the backbone if it was
    asked for by its name.
    """
    asked = arms.named([arms.ALL] if names is None else names)
    refused = {arm.name: why for arm in asked if (why := arm.refusal(backbone))}
    for name in refused.keys() & set(names or ()):
        raise UserError(
            f"the arm {name} is nothing for {backbone.label}: {refused[name]}",
            mend="name other arms with ARMS=...",
        )
    wanted = (arm for arm in asked if names is not None or arm.is_tuned)
    return [arm for arm in wanted if arm.name not in refused]


def plan(
    backbone: Backbone, tasks: Sequence[Task], chosen: Sequence[arms.Arm], wanted: Wanted
) -> list[Tuning]:
    """Every training that trying what is ``wanted`` of the ``chosen`` arms needs."""
    return [
        tuning
        for task in tasks
        for arm in chosen
        for size in _sizes(task)
        for settings in wanted(arm, size)
        for tuning in _tunings(backbone, task, arm, size, settings)
    ]


def _tunings(
    backbone: Backbone, task: Task, arm: arms.Arm, size: int, settings: Settings
) -> Iterator[Tuning]:
    """None for an arm without settings to choose."""
    default, held = arm.recipe_at(size, held_out.classes(task)), held_out.count(task, HELD_OUT)
    recipe = fitted(default, settings, task, backbone, task.image_size).at_most(MOST_VIEWS)
    if recipe is None:
        return
    weights, digest = held_out.made_with(backbone, arm, recipe)
    tried = (as_text(settings), recipe.views, digest)
    for seed in SEEDS:
        cell = Cell(backbone.portable_name, weights, arm.name, task.name, *tried, held, size, seed)
        yield Tuning(cell, backbone.name, task, recipe)


def _sizes(task: Task) -> list[int]:
    """The sizes for which each class has images beside those held out."""
    if sizes := held_out.sizes(task, SIZES, held_out.count(task, HELD_OUT)):
        return sizes
    _, least = subsets.smallest_class(held_out.labels(task))
    raise UserError(
        f"{task.name} has {least} training images in its smallest class; choosing settings on it "
        f"needs {min(SIZES)} beside those that score a training",
        mend="mark a larger task with 'development: true'",
    )


def run(tuning: Tuning) -> tuple[Cell, float]:
    """Held-out accuracy (0..1, as exact as the file has it) of one training; 0 if it diverges."""
    cell, backbone = tuning.cell, backbones.find(tuning.backbone)
    drawn = (cell.held_out, cell.images_per_class, cell.seed)
    work = held_out.work(backbone, tuning.task, tuning.recipe, *drawn)
    try:
        predictions = arms.arm(cell.arm).fit(work).predictions
    except DivergedError:
        return cell, 0.0
    return cell, held_out.accuracy(work, predictions)


def tune(
    backbone: str,
    tasks: Sequence[Task],
    workers: int,
    evidence_file: Path = EVIDENCE_FILE,
    names: Sequence[str] | None = None,
) -> Evidence:
    """Runs what the evidence file lacks, keeps each result in it, and returns what was planned.

    ``names`` as in `chosen_arms`. Measurements of the backbone and these arms that are not planned
    any more leave the file. Raises `UserError` without a task, where a task has too few images, and
    as `chosen_arms`.
    """
    if not tasks:
        raise UserError(
            "no development task's data can be used",
            mend="mark a task with 'development: true'",
        )
    network = backbones.find(backbone)
    chosen = chosen_arms(network, names)
    first = plan(network, tasks, chosen, lambda arm, size: CANDIDATES)
    found = _measured(first, workers, evidence_file)
    best = chosen_settings(found)
    while more := plan(network, tasks, chosen, functools.partial(_beside, best, found)):
        found |= _measured(more, workers, evidence_file)
        best = chosen_settings(found)

    def changed(arm: arms.Arm, size: int) -> list[Settings]:
        known = best.get(arm.name, {}).get(size)  # nothing for an arm without settings to choose
        return [] if known is None else [{**known, **one} for one in (*CHANGES, *arm.changes)]

    found |= _measured(plan(network, tasks, chosen, changed), workers, evidence_file)
    again = {(network.portable_name, arm.name) for arm in chosen}
    before = read_evidence(evidence_file).items()
    others = {cell: a for cell, a in before if (cell.backbone, cell.arm) not in again}
    write_evidence(others | found, evidence_file)
    return found


def _beside(best: Chosen, found: Evidence, arm: arms.Arm, size: int) -> list[Settings]:
    """The best settings with the next rates on both sides, as far as they were not tried yet."""
    known = best.get(arm.name, {}).get(size)
    if known is None:
        return []
    tried = {cell.settings for cell in found if _place(cell) == (arm.name, size)}
    place = RATES.index(known["learning_rate"])
    beside = [{**known, "learning_rate": rate} for rate in RATES[max(0, place - 1) : place + 2]]
    return [settings for settings in beside if as_text(settings) not in tried]


def _place(cell: Cell) -> Place:
    return cell.arm, cell.images_per_class


def _measured(planned: Sequence[Tuning], workers: int, evidence_file: Path) -> Evidence:
    """The planned measurements, from the file as far as they are there."""
    evidence = read_evidence(evidence_file)
    todo = [tuning for tuning in planned if tuning.cell not in evidence]
    todo.sort(key=lambda t: t.recipe.all_views * t.task.image_size**2, reverse=True)
    for cell, accuracy in executors.run(run, todo, workers):
        evidence[cell] = accuracy
        write_evidence(evidence, evidence_file)
    return {tuning.cell: evidence[tuning.cell] for tuning in planned}


def labels_used(tasks: Sequence[Task]) -> int:
    """Labelled images, each counted once, that are trained on or held out, over all tasks."""
    return sum(_labels_of(task) for task in tasks)


def _labels_of(task: Task) -> int:
    labels, most = held_out.labels(task), held_out.count(task, HELD_OUT) + max(_sizes(task))
    drawn = [subsets.subset(labels, most, seed) for seed in SEEDS]
    return len(np.unique(np.concatenate(drawn)))


@dataclass(frozen=True)
class Choice:
    """What was measured for a backbone and what follows from it."""

    backbone: str
    """The name in records."""
    evidence: Evidence
    tuned: Tuned


def choose(backbone: str, workers: int, names: Sequence[str] | None = None) -> Choice:
    """Measures on the development tasks that are at hand, and keeps the best settings.

    ``names`` as in `chosen_arms`; what is kept for other arms stays. Raises as `tune`, and where
    that was chosen on other labels: no arm of a backbone has more of them than another.
    """
    usable, network = held_out.development_tasks(), backbones.find(backbone)
    name, tuned_now = network.portable_name, {arm.name for arm in chosen_arms(network, names)}
    labels = labels_used(usable)
    known = tuned_backbones().get(name, Tuned({}, labels))
    kept = {arm: sizes for arm, sizes in known.settings.items() if arm not in tuned_now}
    if kept and known.labels != labels:
        raise UserError(
            f"settings of {', '.join(kept)} for {name} were chosen on {known.labels} labels, and "
            f"there are {labels} at hand",
            mend="put the same development tasks in place, or tune these arms again as well",
        )
    evidence = tune(backbone, usable, workers, names=names)
    tuned = Tuned(kept | chosen_settings(evidence), labels)
    keep(name, tuned)
    return Choice(name, evidence, tuned)
