"""Trains and evaluates one network on one subset: what the arms that train networks share."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.records.recipe import Recipe
from benchmark.tasks import data
from benchmark.tasks.data import Dataset
from benchmark.tasks.schema import Task
from benchmark.training import backbones
from benchmark.training.loop import DivergedError, Pixels, predict, train
from benchmark.training.work import Outcome, Work


def dataset_for(backbone: str, task: Task, image_size: int) -> Dataset:
    """The task's images, resized with the interpolation that ``backbone`` was trained with."""
    return data.load(task, image_size, backbones.preprocessing(backbone).interpolation)


def pixels(images: NDArray[np.uint8], backbone: str, device: str) -> Pixels:
    """``images`` (uint8, ``[n, 3, side, side]``) on ``device``, as ``backbone`` wants them."""
    wanted = backbones.preprocessing(backbone)
    as_wanted = as_tensor(images).to(device).contiguous(memory_format=torch.channels_last)
    return Pixels(as_wanted, wanted.mean, wanted.std)


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """A tensor over ``images``; a copy, since torch does not take read-only memory maps."""
    return torch.from_numpy(np.array(images))


def fit_network(work: Work, *, pretrained: bool) -> Outcome:
    """Trains the whole network on the subset, then predicts the test split once."""
    assert isinstance(work.recipe, Recipe)
    torch.manual_seed(work.seed)
    classes = len(work.dataset.class_names)
    train_split, test_split = work.dataset.train, work.dataset.test
    side = train_split.images.shape[-1]
    model = backbones.create(work.backbone, classes, pretrained=pretrained, image_size=side)
    # Again, so that dropout does not depend on whether building drew random numbers.
    torch.manual_seed(work.seed)
    model = model.to(work.device)
    training = train(
        model,
        pixels(train_split.images[work.subset], work.backbone, work.device),
        torch.from_numpy(train_split.labels[work.subset]).to(work.device),
        work.recipe,
        torch.Generator().manual_seed(work.seed),
    )
    outputs = predict(model, pixels(test_split.images, work.backbone, work.device))
    if not outputs.isfinite().all():
        raise DivergedError("the trained network's outputs are not finite")
    return Outcome(outputs.argmax(1).cpu().numpy(), training)
