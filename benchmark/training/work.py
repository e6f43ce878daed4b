"""What goes into an arm and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from benchmark.records.recipe import AnyRecipe
from benchmark.records.record import Training
from benchmark.tasks.data import Dataset
from benchmark.training.backbones import Backbone
from benchmark.training.onlooker import Onlooker
from benchmark.training.trunks import Trunk

R = TypeVar("R", bound=AnyRecipe, covariant=True)


@dataclass(frozen=True)
class Work(Generic[R]):
    """What an arm gets: it trains on ``subset`` and predicts the whole test split."""

    backbone: Backbone
    dataset: Dataset
    subset: NDArray[np.int64]
    """Positions in the training split."""
    seed: int
    """Fixes initialisation, order of images and augmentation."""
    recipe: R
    device: str = "cpu"
    other_budgets: tuple[int, ...] = ()
    """Views of the same training with other budgets that are to be scored as well; an arm without
    views has none."""
    withheld: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Positions in the training split that stand in for test images: nothing may look at them."""

    @property
    def unlabelled(self) -> NDArray[np.int64]:
        """Positions of the training images that may be looked at without their labels."""
        return np.setdiff1d(np.arange(len(self.dataset.train.images)), self.withheld)

    trunk: Trunk | None = None
    """Of the training on the subset's labels, where it is or shall be stored. An arm with a loop of
    its own may leave it alone."""
    onlooker: Onlooker | None = None
    """Who looks on while a network trains on the subset's labels."""

    @property
    def classes(self) -> int:
        """Number of classes of the task."""
        return len(self.dataset.class_names)

    @property
    def image_size(self) -> int:
        """Side of the square images in pixels."""
        return int(self.dataset.train.images.shape[-1])


@dataclass(frozen=True)
class Outcome:
    """What comes of it: int64 ``[test images]`` predicted classes, and how training went."""

    predictions: NDArray[np.int64]
    training: Training
    at_other_budgets: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    """Views -> predicted classes, where other budgets were asked for."""
    network: nn.Module | None = None
    """As trained, classifier included; None for an arm that trains none."""
