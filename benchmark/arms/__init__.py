"""Arms: how a network starts and what of it is trained. One file per arm, found by itself.

An arm registers a function that gets a `Work` and returns an `Outcome`. A new arm is a new file in
this folder; nothing else has to be edited.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.data import Dataset
from benchmark.errors import UserError, nearest
from benchmark.recipes import Recipe
from benchmark.records import Training


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


@dataclass(frozen=True)
class Work:
    """What an arm gets: it trains on ``subset`` of the training split and predicts the test split."""

    backbone: str
    dataset: Dataset
    subset: NDArray[np.int64]
    seed: int
    """Fixes initialisation, order of images and augmentation."""
    recipe: Recipe | ProbeRecipe
    device: str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """What comes of it: int64 ``[test images]`` predicted classes, and how training went."""

    predictions: NDArray[np.int64]
    training: Training


Fit = Callable[[Work], Outcome]


@dataclass(frozen=True)
class Arm:
    """A registered arm."""

    name: str
    pretrained: bool
    """Whether it starts from pretrained weights."""
    recipe: Recipe | ProbeRecipe
    fit: Fit


_REGISTERED: dict[str, Arm] = {}


def register(
    name: str, *, pretrained: bool, recipe: Recipe | ProbeRecipe
) -> Callable[[Fit], Fit]:
    """Makes the decorated function the arm ``name`` with its default recipe."""

    def remember(fit: Fit) -> Fit:
        _REGISTERED[name] = Arm(name, pretrained, recipe, fit)
        return fit

    return remember


@functools.cache
def all_arms() -> dict[str, Arm]:
    """The arms by name, from every module of this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_REGISTERED.items()))


def arm(name: str) -> Arm:
    """The arm ``name``; raises `UserError` with the nearest known name."""
    known = all_arms()
    if name not in known:
        raise UserError(
            f"unknown arm {name!r}{nearest(name, list(known))}",
            mend=f"the arms are: {', '.join(known)}",
        )
    return known[name]
