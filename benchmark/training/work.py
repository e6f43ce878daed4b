"""What goes into an arm and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.records.recipe import ProbeRecipe, Recipe
from benchmark.records.record import Training
from benchmark.tasks.data import Dataset


@dataclass(frozen=True)
class Work:
    """What an arm gets: it trains on ``subset`` and predicts the whole test split."""

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
