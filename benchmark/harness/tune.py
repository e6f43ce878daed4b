"""Chooses each arm's settings for a backbone, on training images of development tasks only.

Training images are held out, the same ones at every N; candidates, the same for every arm, are
scored on them after training on N others per class. A search by steps (`_untried`) finds what is
good on one seed; what comes near the best is then measured on the others. The test split is never
loaded into a network here. Every measurement is kept in ``tuned/evidence.csv``; the choices in
``tuned/settings.yaml``.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmark import arms
from benchmark.defaults import option
from benchmark.errors import UserError
from benchmark.harness import executors, held_out
from benchmark.harness.plan import fitted
from benchmark.records.evidence import (
    EVIDENCE_FILE,
    Cell,
    Evidence,
    as_text,
    best_of,
    change_evidence,
    chosen_settings,
    means_at,
    read_evidence,
    simplest,
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
    for optimiser, rates in (("muon", (1e-3, 1e-2, 1e-1)), ("adamw", (1e-3, 1e-2)))
    for rate in rates
)
"""Tried at every arm and size; other rates only beside the best. Too coarse a grid is not found out
by going on from its best: from random weights 0.001 and 0.01 do equally well, and 0.1 better.
"""
CHANGES: tuple[Settings, ...] = ({"weight_decay": 0.2}, {"batch_size": 32}, {"turn": 0.0})
"""Tried one at a time on the best candidate of each arm and size."""
SIZES = (2, 10, 20, 48)
"""Images per class that are trained on, as far as a task has them; N uses the nearest in log.

What did best for MobileNetV2-0.35 from random weights at 10, by chance, learned next to nothing of
clothing at 20, for which it was used before there was a size of 20. The last size is what a task
of 96 has beside as many held out: at more, the choice would rest on fewer tasks, and the best rate
differs between tasks by more than between sizes.
"""
MOST_VIEWS = 38_400
"""Budget of a measurement at most, and at most half of the arm's rule, of which an easy task gets
only a share: before the cool-down a longer training is the same training."""
HELD_OUT = 150
"""Images per class that score a training, at most (see `held_out.count`): with 500 images in all
the noise is larger than what settings differ by."""
SEEDS = (1000, 1001)
"""Far from the seeds of the leaderboard, whose subsets are not chosen on. The search has the first,
what came near its best the others as well."""
NEAR = 0.01
"""Of the best mean accuracy (0..1): another seed may turn round what is nearer than this."""


@dataclass(frozen=True)
class Tuning:
    """A cell with what a process needs to run it."""

    cell: Cell
    backbone: str
    """The name that timm understands."""
    task: Task
    recipe: AnyRecipe


Wanted = Callable[[arms.Arm, int], Iterable[tuple[Settings, int]]]
"""Arm and images per class -> what is to be tried there, and on which seed."""


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
            mend=f"name other arms with {option('arms')}=...",
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
        for settings, seed in wanted(arm, size)
        if (tuning := _tuning(backbone, task, arm, size, settings, seed)) is not None
    ]


def _tuning(
    backbone: Backbone, task: Task, arm: arms.Arm, size: int, settings: Settings, seed: int
) -> Tuning | None:
    """None for an arm without settings to choose."""
    default, held = arm.recipe_at(size, held_out.classes(task)), held_out.count(task, HELD_OUT)
    most = min(MOST_VIEWS, max(1, default.views // 2))
    recipe = fitted(default, settings, task, backbone, task.image_size).at_most(most)
    if recipe is None:
        return None
    weights, made_with = held_out.made_with(backbone, arm, task, recipe)
    tried = (as_text(settings), recipe.views, made_with)
    cell = Cell(backbone.portable_name, weights, arm.name, task.name, *tried, held, size, seed)
    return Tuning(cell, backbone.name, task, recipe)


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
    others: Mapping[str, Mapping[int, Settings]] = MappingProxyType({}),
) -> Evidence:
    """Runs what the evidence file lacks, keeps each result in it, and returns what was planned.

    ``names`` as in `chosen_arms`; ``others``: arm -> size -> what was chosen, which an arm that
    would take it starts from. Measurements of the backbone and these arms that are not planned
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
    found: Evidence = {}
    while more := plan(network, tasks, chosen, functools.partial(_wanted, found, others)):
        found |= _measured(more, workers, evidence_file)
    again = {(network.portable_name, arm.name) for arm in chosen}

    def renewed(before: Evidence) -> Evidence:
        stays = {cell: a for cell, a in before.items() if (cell.backbone, cell.arm) not in again}
        return stays | found

    change_evidence(evidence_file, renewed)
    return found


def _wanted(
    found: Evidence, others: Mapping[str, Mapping[int, Settings]], arm: arms.Arm, size: int
) -> list[tuple[Settings, int]]:
    """What is to be tried next, given what was ``found``; nothing once the search has ended.

    The search has the first seed, what came near its best the others as well. These may turn to
    settings that the search did not go on from: then the rates on both sides of them are tried too.
    What is chosen at the next larger N has all seeds: see `chosen_settings`.
    """
    here = {c: a for c, a in found.items() if (c.arm, c.images_per_class) == (arm.name, size)}

    def drawn(seed: int) -> dict[str, float]:
        return means_at({c: a for c, a in here.items() if c.seed == seed}, arm.name, size)

    first, *more = SEEDS
    known = drawn(first)
    start = others.get(arm.settings_of or "", {}).get(size)
    if untried := _untried(known, arm, start):
        return [(settings, first) for settings in untried]
    near = {*_near(known)}
    if again := [(one, seed) for seed in more for one in sorted(near - drawn(seed).keys())]:
        return [(json.loads(one), seed) for one, seed in again]
    beside = _beside(chosen_settings(here)[arm.name][size])
    if untried := [settings for settings in beside if as_text(settings) not in known]:
        return [(settings, first) for settings in untried]
    larger = chosen_settings(found)[arm.name].get(min((n for n in SIZES if n > size), default=0))
    return [(larger, seed) for seed in SEEDS if larger and as_text(larger) not in drawn(seed)]


def _untried(known: Mapping[str, float], arm: arms.Arm, start: Settings | None) -> list[Settings]:
    """The next step of a search, given the mean accuracy of all ``known`` settings.

    Optimiser and rate together, until the rates on both sides of the best have been tried; one
    change at a time to it, of settings that only this arm has as well; the rates on both sides of
    what is best now. A search that has something to ``start`` from tries the arm's own changes to
    it, and the rates beside what is best then.
    """

    def best(among: Collection[str]) -> dict[str, Any]:
        return dict(json.loads(best_of(known, among)))

    def changed(settings: Settings, *changes: Settings) -> list[Settings]:
        return [{**settings, **change} for change in changes]

    steps: tuple[Callable[[], Iterable[Settings]], ...] = (
        lambda: CANDIDATES,
        lambda: _beside(best(simplest(known))),
        lambda: changed(best(simplest(known)), *CHANGES, *arm.changes),
        lambda: _beside(best(known)),
    )
    if start is not None:
        steps = (lambda: [start, *changed(start, *arm.changes)], steps[-1])
    steps_left = ([s for s in step() if as_text(s) not in known] for step in steps)
    return next((untried for untried in steps_left if untried), [])


def _beside(best: Settings) -> list[Settings]:
    """The same with the next rates on both sides."""
    place = RATES.index(best["learning_rate"])
    return [{**best, "learning_rate": rate} for rate in RATES[max(0, place - 1) : place + 2]]


def _near(known: Mapping[str, float]) -> list[str]:
    """The settings that come near the best, and the best of the simplest, which it must beat."""
    base, least = best_of(known, simplest(known)), max(known.values()) - NEAR
    return [one for one, mean in sorted(known.items()) if mean >= least or one == base]


def _measured(planned: Sequence[Tuning], workers: int, evidence_file: Path) -> Evidence:
    """The planned measurements, from the file as far as they are there."""
    evidence = read_evidence(evidence_file)
    todo = [tuning for tuning in planned if tuning.cell not in evidence]
    todo.sort(key=lambda t: t.recipe.all_views * t.task.image_size**2, reverse=True)
    for cell, accuracy in executors.run(run, todo, workers):
        evidence = change_evidence(evidence_file, functools.partial(_with, cell, accuracy))
    return {tuning.cell: evidence[tuning.cell] for tuning in planned}


def _with(cell: Cell, accuracy: float, known: Evidence) -> Evidence:
    return known | {cell: accuracy}


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
    name, chosen = network.portable_name, chosen_arms(network, names)
    labels = labels_used(usable)
    known, tuned_now = tuned_backbones().get(name, Tuned({}, labels)), {a.name for a in chosen}
    kept = {arm: sizes for arm, sizes in known.settings.items() if arm not in tuned_now}
    if kept and known.labels != labels:
        raise UserError(
            f"settings of {', '.join(kept)} for {name} were chosen on {known.labels} labels, and "
            f"there are {labels} at hand",
            mend="put the same development tasks in place, or tune these arms again as well",
        )
    evidence: Evidence = {}
    for wave in _waves(chosen):
        evidence |= tune(backbone, usable, workers, names=wave, others=kept)
        kept |= chosen_settings(evidence)
    keep(name, tuned := Tuned(kept, labels))
    return Choice(name, evidence, tuned)


def _waves(chosen: Sequence[arms.Arm]) -> list[list[str]]:
    """The arms' names, each after the one whose settings it starts from."""
    deep = sorted(chosen, key=_depth)
    return [[arm.name for arm in wave] for _, wave in itertools.groupby(deep, key=_depth)]


def _depth(arm: arms.Arm) -> int:
    return 0 if arm.settings_of is None else 1 + _depth(arms.arm(arm.settings_of))
