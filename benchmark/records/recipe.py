"""Settings of the arms; ``make tune`` writes the learning rates to ``tuned/rates.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import yaml

from benchmark.defaults import SHIPPED_TUNING

RATES_FILE = SHIPPED_TUNING / "rates.yaml"


@dataclass(frozen=True)
class Tuned:
    """What ``make tune`` found for one backbone."""

    rates: dict[str, float]
    """Arm -> learning rate."""
    labels: int
    """Labelled images that were used to choose them."""


@dataclass(frozen=True)
class Augmentation:
    """Random small affine changes: letters stay letters. Flips only where the task allows them."""

    shift: float = 0.1
    """Largest shift in each direction, as a share of the side."""
    zoom: float = 0.15
    """The side of the visible window varies by this share around the whole image."""
    turn: float = 10.0
    """Largest rotation in degrees."""
    flip: bool = False
    """Whether half of the images are mirrored left to right."""


@dataclass(frozen=True)
class Recipe:
    """How an arm trains a network: AdamW, linear warm-up, cosine decay to zero."""

    learning_rate: float
    steps: int
    """Optimiser steps, for a task with ``budget: 1``; the same at every N."""
    tuning_labels: int = 0
    """Labels of development tasks that ``make tune`` chose the rate on; 0: the arm's default."""
    batch_size: int = 32
    weight_decay: float = 0.05
    warmup: float = 0.1
    """Share of the steps over which the learning rate rises from zero."""
    label_smoothing: float = 0.0
    floor: float = 0.005
    """Training loss in nats at which there is nothing left to learn: after two windows (each a
    fiftieth of the steps) below it, a cool-down ends the training. 0: never."""
    frozen_batch_norm: bool = False
    """Whether BatchNorm keeps the statistics that the network came with."""
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class ProbeRecipe:
    """How an arm fits a classifier on frozen features: logistic regression, C chosen by folds."""

    strengths: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
    """Candidates for scikit-learn's C (inverse regularisation) on standardised features."""
    folds: int = 5
    """Folds inside the N x C images; fewer where N is smaller."""
    fallback: float = 0.01
    """C where N is below ``smallest_n`` and folds cannot choose."""
    smallest_n: int = 3


def reaches_floor(losses: Sequence[float], floor: float) -> bool:
    """Whether two mean losses of windows in a row are below ``floor``."""
    return any(one < floor and other < floor for one, other in pairwise(losses))


@functools.cache
def tuned_backbones(file: Path = RATES_FILE) -> dict[str, Tuned]:
    """What was tuned, by the backbone's portable name; empty where nothing was tuned yet."""
    if not file.exists():
        return {}
    stored = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return {name: Tuned(entry["rates"], entry["labels"]) for name, entry in stored.items()}


def fitted(recipe: Recipe, arm: str, tuned: Tuned | None, *, flip: bool, budget: float) -> Recipe:
    """``recipe`` with the backbone's tuned rate, where there is one, and the task's needs."""
    if tuned is not None and arm in tuned.rates:
        rate, labels = tuned.rates[arm], tuned.labels
        recipe = replace(recipe, learning_rate=rate, tuning_labels=labels)
    return replace(
        recipe,
        steps=max(1, round(recipe.steps * budget)),
        augmentation=replace(recipe.augmentation, flip=flip),
    )
