"""Trainings that are scored on held-out training images: the test split is never looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark import files
from benchmark.arms import Arm
from benchmark.harness.job import made_of
from benchmark.records.fingerprint import fingerprint
from benchmark.records.recipe import AnyRecipe, as_stored
from benchmark.tasks import data, subsets
from benchmark.tasks.data import Split
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_tasks
from benchmark.tasks.sources import find as sources
from benchmark.training.backbones import Backbone
from benchmark.training.fit import dataset_for
from benchmark.training.work import Work

DIGITS = 12
"""Of a hash, in a file of measurements."""


def development_tasks() -> list[Task]:
    """Those on which choices may rest, as far as their data can be had without a download."""
    return [task for task in load_tasks() if task.development and not sources.find(task).remote]


def labels(task: Task) -> NDArray[np.int64]:
    """Of the task's training images."""
    return data.load(task, task.image_size).train.labels


def classes(task: Task) -> int:
    """How many there are among them."""
    return len(np.unique(labels(task)))


def count(task: Task, most: int) -> int:
    """Images per class to hold out: half of the smallest class, at most ``most``."""
    _, least = subsets.smallest_class(labels(task))
    return min(most, least // 2)


def sizes(task: Task, wanted: Sequence[int], held_out: int) -> list[int]:
    """The N that each class can fill beside the ``held_out`` images per class."""
    _, least = subsets.smallest_class(labels(task))
    return [size for size in wanted if held_out + size <= least]


def drawn(
    labels: NDArray[np.int64], held_out: int, images_per_class: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions held out, the same at every N, and trained on, which nest like all subsets."""
    held = subsets.subset(labels, held_out, seed)
    both = subsets.subset(labels, held_out + images_per_class, seed)
    return held, np.setdiff1d(both, held)


def made_with(backbone: Backbone, arm: Arm, task: Task, recipe: AnyRecipe) -> tuple[str, str]:
    """First digits of the hash of the weights that the arm reads, if any, and of the fingerprint.

    The fingerprint is that of a record: what was measured with another recipe, with other images or
    another network has to be measured anew.
    """
    dataset = dataset_for(backbone, task, task.image_size)
    made = made_of(arm, backbone, dataset, task.image_size)
    return (made.weights_hash or "")[:DIGITS], fingerprint(as_stored(recipe), made)[:DIGITS]


def accuracy(work: Work[AnyRecipe], predictions: NDArray[np.int64]) -> float:
    """Of a training on the held-out images, 0..1, as exact as files of measurements have it."""
    return round(float(np.mean(predictions == work.dataset.test.labels)), 4)


def work(
    backbone: Backbone,
    task: Task,
    recipe: AnyRecipe,
    held_out: int,
    images_per_class: int,
    seed: int,
) -> Work[AnyRecipe]:
    """What an arm gets: N training images to train on, and held-out ones in the test's place."""
    dataset = dataset_for(backbone, task, task.image_size)
    pool = dataset.train
    held, fit = drawn(pool.labels, held_out, images_per_class, seed)
    inner = dataclasses.replace(
        dataset,
        test=Split(pool.images[held], pool.labels[held]),
        # Features of the real test split would be taken for those of these images.
        hash=files.digest([dataset.hash, held.tolist()]),
    )
    return Work(backbone, inner, fit, seed, recipe, withheld=held)
