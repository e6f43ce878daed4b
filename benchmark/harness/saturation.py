"""Shows whether budgets are large enough: accuracy with a quarter to four times the rule's views.

Scored on held-out training images, as `tune` does. A constant rate makes it cheap: what comes
before the cool-downs is trained once for all budgets (see `training.loop.Run.at_budgets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmark import arms
from benchmark.defaults import ARMS, option
from benchmark.errors import UserError
from benchmark.harness import executors, held_out
from benchmark.harness.plan import recipe_for
from benchmark.harness.tune import HELD_OUT, SEEDS
from benchmark.records.recipe import AnyRecipe
from benchmark.records.saturation import (
    SATURATION_FILE,
    Budget,
    Measured,
    change_saturation,
    read_saturation,
)
from benchmark.tasks.definition.schema import Task
from benchmark.training import backbones
from benchmark.training.backbones import Backbone
from benchmark.training.loop import DivergedError

TIMES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the rule's budget."""
SIZES = (2, 10, 50, 200)
"""Images per class that are trained on, as far as a task has them beside those held out."""


@dataclass(frozen=True)
class Curve:
    """One training with all of its budgets, and what a process needs to run it."""

    budgets: tuple[Budget, ...]
    backbone: str
    """The name that timm understands."""
    task: Task
    recipe: AnyRecipe
    """With the budget of the rule."""


def plan(backbone: Backbone, tasks: Sequence[Task], seeds: Sequence[int]) -> list[Curve]:
    """A curve for each task, size, seed and each of the usual arms that has a budget.

    Other arms have one of the same budgets.
    """
    return [
        curve
        for task in tasks
        for arm in (arms.all_arms()[name] for name in ARMS)
        for size in held_out.sizes(task, SIZES, held_out.count(task, HELD_OUT))
        for curve in _curves(backbone, task, arm, size, seeds)
    ]


def _curves(
    backbone: Backbone, task: Task, arm: arms.Arm, size: int, seeds: Sequence[int]
) -> Iterator[Curve]:
    recipe = recipe_for(arm, task, backbone, size, held_out.classes(task), task.image_size)
    if not recipe.views:
        return
    weights, made_with = held_out.made_with(backbone, arm, task, recipe)
    held = held_out.count(task, HELD_OUT)
    cell = (backbone.portable_name, weights, arm.name, task.name, made_with, held, size)
    for seed in seeds:
        budgets = (
            Budget(*cell, seed, times, max(1, round(times * recipe.views))) for times in TIMES
        )
        yield Curve(tuple(budgets), backbone.name, task, recipe)


def run(curve: Curve) -> Measured:
    """Held-out accuracy (0..1, as exact as the file has it) with each budget.

    Nothing where the training diverges, or for an arm that knows one budget only.
    """
    one, views = curve.budgets[0], tuple(budget.views for budget in curve.budgets)
    drawn = (one.held_out, one.images_per_class, one.seed)
    work = held_out.work(backbones.find(curve.backbone), curve.task, curve.recipe, *drawn)
    try:
        outcome = arms.arm(one.arm).fit(replace(work, other_budgets=views))
    except DivergedError:
        return {}
    return {
        budget: held_out.accuracy(work, outcome.at_other_budgets[budget.views])
        for budget in curve.budgets
        if budget.views in outcome.at_other_budgets
    }


def measure(
    backbone: str,
    tasks: Sequence[Task],
    workers: int,
    seeds: int = len(SEEDS),
    file: Path = SATURATION_FILE,
) -> Measured:
    """Runs what the file lacks, keeps each result in it, and returns what was planned.

    Measurements with recipes that are no longer those of the suite leave the file. Raises
    `UserError` where no task has images enough.
    """
    planned = plan(backbones.find(backbone), tasks, range(SEEDS[0], SEEDS[0] + seeds))
    if not planned:
        raise UserError(
            f"no task has {min(SIZES)} training images in each class beside those held out",
            mend=f"name larger tasks with {option('task')}=...",
        )
    wanted = [budget for curve in planned for budget in curve.budgets]
    measured = _current(read_saturation(file), wanted)
    todo = [curve for curve in planned if not all(one in measured for one in curve.budgets)]
    todo.sort(key=lambda curve: curve.recipe.views * curve.task.image_size**2, reverse=True)
    for found in executors.run(run, todo, workers):
        measured = change_saturation(file, partial(_with, wanted, found))
    return {one: measured[one] for one in wanted if one in measured}


def _with(wanted: Sequence[Budget], found: Measured, known: Measured) -> Measured:
    return _current(known, wanted) | found


def _current(measured: Measured, wanted: Sequence[Budget]) -> Measured:
    """Without what was measured in the same place with another recipe, weights or images."""
    places = {_place(one): _made_with(one) for one in wanted}
    return {
        one: accuracy
        for one, accuracy in measured.items()
        if places.get(_place(one), _made_with(one)) == _made_with(one)
    }


def _place(one: Budget) -> tuple[str, str, str, int]:
    return one.backbone, one.arm, one.task, one.images_per_class


def _made_with(one: Budget) -> tuple[str, int]:
    return one.fingerprint, one.held_out
