"""What a user asks for becomes a list of jobs."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from benchmark import arms
from benchmark.arms import Arm
from benchmark.defaults import SEEDS, option
from benchmark.errors import UserError, listed
from benchmark.harness.job import Job, made_of
from benchmark.records.recipe import AnyRecipe
from benchmark.records.record import Trial, is_name
from benchmark.records.tuned import Settings, settings_for
from benchmark.tasks import subsets
from benchmark.tasks.data import Dataset
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.repeated import leaks
from benchmark.training import backbones
from benchmark.training.backbones import Backbone
from benchmark.training.fit import dataset_for

_SHRUNK_FROM = 64
"""Pixels: at half of fewer than these too little is left to see (9 points of accuracy at 32)."""
_LONGEST_SAID = 40
"""Characters of what weights were pretrained on: it stands in a column of tables."""


@dataclass(frozen=True)
class Selection:
    """What a user asks for."""

    tasks: tuple[Task, ...]
    backbones: tuple[str, ...]
    arms: tuple[str, ...]
    images_per_class: tuple[int, ...] | None = None
    """None: the grid of each task."""
    seeds: int | Mapping[int, int] = SEEDS
    """At every N alike, or N -> how many there; an N that is not named gets none."""
    image_size: int | None = None
    """None: the size of each task."""
    pretrained_on: str | None = None
    """What the weights of the only backbone were trained on; None: what its name tells."""

    def seeds_at(self, images_per_class: int) -> int:
        """How many seeds an N gets."""
        if isinstance(self.seeds, int):
            return self.seeds
        return self.seeds.get(images_per_class, 0)

    def apart(self) -> Iterator[Selection]:
        """The same for each task with each backbone."""
        for task in self.tasks:
            for backbone in self.backbones:
                yield replace(self, tasks=(task,), backbones=(backbone,))


@dataclass(frozen=True)
class Plan:
    """The jobs of a selection, and what had to be left out of it."""

    jobs: tuple[Job, ...]
    notes: tuple[str, ...]


def prepare(selection: Selection) -> Plan:
    """Loads every task's data and every backbone's weights once, and plans all jobs.

    Raises `UserError` for unknown names and for data or weights that cannot be had.
    """
    chosen = arms.named(selection.arms)
    networks = [backbones.find(name) for name in selection.backbones]
    backbones.check_differ(selection.backbones)
    _check_pretrained_on(selection)
    jobs: list[Job] = []
    reads_weights = any(arm.reads_weights for arm in chosen)
    notes = [note for one in networks if reads_weights and (note := one.weights_note)]
    for task in selection.tasks:
        for backbone in networks:
            more, lines = _jobs(selection, task, backbone, chosen)
            jobs += more
            notes += [line for line in lines if line not in notes]
    if not jobs:
        why = "; ".join(notes)
        raise UserError("no trial can be run", where=why, mend="choose smaller N or other arms")
    return Plan(tuple(jobs), tuple(notes))


def _check_pretrained_on(selection: Selection) -> None:
    said = selection.pretrained_on
    if said is None:
        return
    if not is_name(said) or len(said) > _LONGEST_SAID:
        raise UserError(
            f"{said[:200]!r} cannot be what a backbone was pretrained on",
            mend="name the data in a few words, e.g. ImageNet-21k, own or RadImageNet",
        )
    if len(selection.backbones) > 1:
        raise UserError(
            f"all of {listed(selection.backbones)} cannot be said to be pretrained on {said}",
            mend=f"name one backbone beside {option('pretrained-on')}=...",
        )


def _jobs(
    selection: Selection, task: Task, backbone: Backbone, chosen: Sequence[Arm]
) -> tuple[list[Job], list[str]]:
    size = selection.image_size or task.image_size
    backbone.check_size(size)
    dataset = dataset_for(backbone, task, size)
    if refusal := leaks.refusal(task, len(dataset.test_in_train), len(dataset.test.labels)):
        raise refusal
    sizes, lines = feasible(
        selection.images_per_class or task.images_per_class,
        dataset.train.labels,
        dataset.class_names,
    )
    refused = {arm.name: why for arm in chosen if (why := arm.refusal(backbone))}
    by_name = {arm.name: arm for arm in chosen if arm.name not in refused}
    seeds = {n: selection.seeds_at(n) for n in sizes}
    trials = grid(task.name, backbone.portable_name, list(by_name), seeds)
    made = _made(trials, by_name, task, backbone, dataset, size)
    jobs = [replace(job, pretrained_on=selection.pretrained_on) for job in made]
    unfit = [f"{arm} is left out for {backbone.label}: {why}" for arm, why in refused.items()]
    return jobs, [*unfit, *(f"{task.name}: {line}" for line in (*dataset.notes, *lines))]


def _made(
    trials: Iterable[Trial],
    by_name: dict[str, Arm],
    task: Task,
    backbone: Backbone,
    dataset: Dataset,
    size: int,
) -> Iterator[Job]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ingredients = {name: made_of(arm, backbone, dataset, size) for name, arm in by_name.items()}
    classes = len(dataset.class_names)
    drawn = functools.cache(partial(_subset_hash, dataset))
    for trial in trials:
        arm, n = by_name[trial.arm], trial.images_per_class
        recipe = recipe_for(arm, task, backbone, n, classes, size)
        subset = drawn(n, trial.seed)
        of = ingredients[trial.arm]
        yield Job(trial, backbone.name, task, recipe, of, subset, device, "left")


def _subset_hash(dataset: Dataset, images_per_class: int, seed: int) -> str:
    return subsets.subset_hash(subsets.subset(dataset.train.labels, images_per_class, seed))


def recipe_for(
    arm: Arm,
    task: Task,
    backbone: Backbone,
    images_per_class: int,
    classes: int,
    image_size: int,
) -> AnyRecipe:
    """The arm's recipe at N with what was tuned for the backbone and what the task needs."""
    chosen = chosen_for(arm, backbone.portable_name, images_per_class)
    return fitted(arm.recipe_at(images_per_class, classes), chosen, task, backbone, image_size)


def chosen_for(arm: Arm, backbone: str, images_per_class: int) -> Settings:
    """What was tuned for the arm, or for the one whose settings it takes; nothing without either.

    ``backbone`` is the portable name. Another arm's settings name it.
    """
    own = settings_for(backbone, arm.name, images_per_class)
    if own or arm.settings_of is None:
        return own
    others = chosen_for(arms.arm(arm.settings_of), backbone, images_per_class)
    return {"settings_of": arm.settings_of, **others} if others else {}


def fitted(
    recipe: AnyRecipe, chosen: Settings, task: Task, backbone: Backbone, image_size: int
) -> AnyRecipe:
    """An arm's recipe with the settings ``chosen`` and what task, network and size need."""

    def can(setting: str) -> bool:
        if setting == "trunk_scale":
            return image_size >= _SHRUNK_FROM and backbone.takes_half(image_size)
        return backbone.drops_at(setting)

    return recipe.fitted(chosen, flip=task.flip, budget=task.budget, can=can)


def grid(
    task: str, backbone: str, arm_names: Sequence[str], seeds: Mapping[int, int]
) -> list[Trial]:
    """All trials of one task and backbone: every arm on the same subsets; N -> seeds there."""
    return [
        Trial(task, backbone, arm, n, seed)
        for n, count in sorted(seeds.items())
        for seed in range(count)
        for arm in arm_names
    ]


def feasible(
    sizes: Iterable[int], labels: NDArray[np.int64], class_names: Sequence[str]
) -> tuple[list[int], list[str]]:
    """The N that every class can fill, and a line for each N that is left out."""
    label, available = subsets.smallest_class(labels)
    kept, lines = [], []
    for n in sorted(set(sizes)):
        if n <= available:
            kept.append(n)
        else:
            lines.append(
                f"N={n} is left out: class {class_names[label]!r} has {available} training images"
            )
    return kept, lines
