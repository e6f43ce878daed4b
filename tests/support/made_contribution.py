"""Records as trials would have written them, without training, and how to spoil them."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import toy

from benchmark import arms
from benchmark.checks.contribution import former
from benchmark.defaults import BUNDLED
from benchmark.harness.plan import recipe_for
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL, Ingredients, fingerprint
from benchmark.records.recipe import as_stored, stored
from benchmark.records.record import DataFacts, Record, Training, Trial
from benchmark.tasks import data, subsets
from benchmark.training import backbones
from benchmark.training.schedule import levelled_off, schedule_of

BACKBONE = BUNDLED
OTHER_HASH = "0" * 64
ONE = Path("toy", BACKBONE, "finetune", "n0001-s0.json")


def sound(
    task, arm="finetune", n=1, seed=0, alternative=None, protocol=PROTOCOL, image_size=toy.SIZE
) -> Record:
    """A record as a trial would have written it, with guessed predictions."""
    dataset = data.load(task, image_size)
    labels, classes = dataset.test.labels, len(toy.CLASSES)
    random = np.random.default_rng([n, seed, len(arm), len(alternative or ""), image_size])
    predictions = random.integers(0, classes, len(labels))
    recipe = own_recipe(task, Trial(task.name, BACKBONE, arm, n, seed), protocol, image_size)
    recipe = dict((recipe.varied(alternative) if alternative else recipe).settings)
    weights = backbones.find(BACKBONE).weights_hash if arms.arm(arm).pretrained else None
    design, same = backbones.find(BACKBONE).design, dataset.test_in_train
    made_of = Ingredients(image_size, dataset.hash, weights, design)
    training = course(recipe, protocol, random) if arm != "probe" else Training(0, (), None, 2.0)
    return toy.record(
        arm,
        n,
        seed,
        "".join("01"[int(right)] for right in predictions == labels),
        backbone=BACKBONE,
        predictions=tuple(predictions.tolist()),
        recipe=recipe,
        data=DataFacts("toy", dataset.hash, image_size, classes, 24, len(labels), same),
        weights_hash=weights,
        subset_hash=subsets.subset_hash(subsets.subset(dataset.train.labels, n, seed)),
        backbone_label=backbones.find(BACKBONE).label,
        pretrained_on="distilled",
        fingerprint=fingerprint(recipe, made_of, protocol),
        protocol=protocol,
        training=dataclasses.replace(training, seconds=float(random.random())),
    )


def course(recipe, protocol, random) -> Training:
    """Losses that might have been, as many as the recipe's schedule has windows."""
    schedule = schedule_of(recipe) if protocol == PROTOCOL else None
    if schedule is None:
        return Training(1, tuple(random.random(2).tolist()), True, 2.0)
    windows = math.ceil(schedule.end / schedule.window)
    losses = tuple((0.5 + random.random(windows)).round(5).tolist())
    level = levelled_off(losses, schedule.trunk_windows, schedule.recipe.floor)
    return Training(schedule.end, losses, level, 2.0)


def put(folder: Path, record: Record) -> Path:
    """Stores it under the name of its trial, as earlier versions did: edited, it stays in place."""
    path = store.save(folder, record)
    return path.replace(toy.old_name(path))


def own_recipe(task, trial, protocol, image_size):
    """The suite's own."""
    if protocol != PROTOCOL:
        return former.RULES[protocol](trial, task)
    arm, backbone = arms.arm(trial.arm), backbones.find(BACKBONE)
    used = recipe_for(arm, task, backbone, trial.images_per_class, len(toy.CLASSES), image_size)
    return stored(as_stored(used))


def edit(file: Path, key: str, value) -> None:
    """Sets the value under ``key``, dotted; written as the suite writes."""
    content = json.loads(file.read_text(encoding="utf-8"))
    *path, last = key.split(".")
    inner = content
    for step in path:
        inner = inner[step]
    inner[last] = value
    write(file, content)


def write(file: Path, content) -> None:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")
