"""Trains one network on one subset and evaluates it: what the arms that train networks share.

An arm says how the network starts and, if it likes, what happens before the training on labels:
other weights, a first training of another kind, a training on images without labels. The loop in
``loop.train`` can be called as often as an arm needs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.records.recipe import Recipe
from benchmark.tasks import data
from benchmark.tasks.data import Dataset
from benchmark.tasks.definition.schema import Task
from benchmark.training.backbones import Backbone
from benchmark.training.loop import DivergedError, Pixels, Run, classify, predict
from benchmark.training.work import Outcome, Work

K = TypeVar("K", bound=Recipe)
Start = Callable[[Work[K]], nn.Module]
"""Builds the network, classifier included."""
Preparation = Callable[[nn.Module, Work[K]], None]
"""Changes the network in place before it is trained on the subset's labels."""


def dataset_for(backbone: Backbone, task: Task, image_size: int) -> Dataset:
    """The task's images, resized with the interpolation that ``backbone`` was trained with."""
    return data.load(task, image_size, backbone.preprocessing.interpolation)


def pixels(images: NDArray[np.uint8], backbone: Backbone, device: str) -> Pixels:
    """``images`` (uint8, ``[n, 3, side, side]``) on ``device``, as ``backbone`` wants them."""
    wanted = backbone.preprocessing
    as_wanted = as_tensor(images).to(device).contiguous(memory_format=torch.channels_last)
    return Pixels(as_wanted, wanted.mean, wanted.std)


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """A tensor over ``images``; a copy, since torch does not take read-only memory maps."""
    return torch.from_numpy(np.array(images))


def random_start(work: Work[Recipe]) -> nn.Module:
    """The network from random weights, the classifier at zero."""
    return work.backbone.create(work.classes, pretrained=False, image_size=work.image_size)


def pretrained_start(work: Work[Recipe]) -> nn.Module:
    """The network from its pretrained weights, the classifier at zero."""
    return work.backbone.create(work.classes, pretrained=True, image_size=work.image_size)


def fit_network(work: Work[K], start: Start[K], prepare: Preparation[K] | None = None) -> Outcome:
    """Trains the whole network on the subset, then predicts the test split once per budget.

    The seconds of the preparation count. Raises `DivergedError` where losses or outputs are not
    finite.
    """
    torch.manual_seed(work.seed)
    model = start(work).to(work.device)
    started = time.perf_counter()
    if prepare is not None:
        prepare(model, work)
    prepared = time.perf_counter() - started
    # Again, so that dropout does not depend on whether building drew random numbers.
    torch.manual_seed(work.seed)
    # What came before depends on the budget where there is no trunk to share.
    others = () if work.recipe.trunk is None else work.other_budgets
    budgets = (work.recipe.views, *others)
    labels = torch.from_numpy(work.dataset.train.labels[work.subset]).to(work.device)
    run = Run(
        model,
        subset_pixels(work),
        classify(labels, work.recipe),
        replace(work.recipe, views=max(budgets)),
        torch.Generator().manual_seed(work.seed),
    )
    run.seconds = prepared
    if work.trunk is not None and not others:
        run = work.trunk.serve(run, labels)
    if work.onlooker is not None and not others:
        work.onlooker.follow(run)
    done = {
        views: Outcome(_predictions(one.model, work), one.training)
        for views, one in run.at_budgets(budgets)
    }
    scored = {views: done[views].predictions for views in others}
    return replace(done[work.recipe.views], at_other_budgets=scored, network=run.model)


def _predictions(model: nn.Module, work: Work[Recipe]) -> NDArray[np.int64]:
    outputs = predict(model, pixels(work.dataset.test.images, work.backbone, work.device))
    if not outputs.isfinite().all():
        raise DivergedError("the trained network's outputs are not finite")
    classes: NDArray[np.int64] = outputs.argmax(1).cpu().numpy()
    return classes


def subset_pixels(work: Work[Recipe]) -> Pixels:
    """The images that the arm may train on."""
    return pixels(work.dataset.train.images[work.subset], work.backbone, work.device)


def unlabelled_pixels(work: Work[Recipe]) -> Pixels:
    """The images that the arm may look at without their labels."""
    return pixels(work.dataset.train.images[work.unlabelled], work.backbone, work.device)
