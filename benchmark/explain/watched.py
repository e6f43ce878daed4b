"""Trains one variant with somebody looking on, or takes it from the cache: once for all questions.

The test images are looked at along the way. That chooses nothing: what is trained, how long and
which network counts was settled before.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmark import arms
from benchmark.explain import reinitialised
from benchmark.explain.scoring import Labelled, scored
from benchmark.explain.variant import TWIN_SEED, Variant
from benchmark.harness.job import work_of
from benchmark.records.explained.finding import MOST_TEST_IMAGES, Look
from benchmark.training.fit import fit_network, pixels, subset_pixels
from benchmark.training.loop import DivergedError, Run
from benchmark.training.onlooker import Onlooker
from benchmark.training.work import Work

State = dict[str, Tensor]


@dataclass(frozen=True)
class Course:
    """What was seen of a training."""

    accuracy: float | None
    """On all test images that count, in the end; None where it diverged."""
    looks: tuple[Look, ...]
    """Start and end included."""
    levelled_off: bool
    explained: float | None
    """Share of the pixels' variance, where it learned to reconstruct first."""
    seconds: float
    reason: str | None = None
    """Why it diverged."""


@dataclass(frozen=True)
class Watched:
    """A training, with its network at the start and at the end where they are compared."""

    course: Course
    start: State
    end: State


def images_of(work: Work[Any]) -> tuple[Labelled, Labelled]:
    """The training subset, and the test images: evenly chosen ones where they are many.

    Without those that are training images, as everywhere.
    """
    data, count = work.dataset, work.dataset.test_that_counts
    some = count[np.unique(np.linspace(0, len(count) - 1, MOST_TEST_IMAGES).astype(np.int64))]
    test = pixels(data.test.images[some], work.backbone, work.device)
    labels = (data.train.labels[work.subset], data.test.labels[some])
    own, others = (torch.from_numpy(np.array(one)).to(work.device) for one in labels)
    return Labelled(subset_pixels(work), own), Labelled(test, others)


def train(variant: Variant) -> Watched:
    """The training; one that diverges says so. Raises `UserError` as `harness.job.run` does."""
    seed = variant.job.trial.seed + TWIN_SEED * variant.twin
    work = replace(work_of(variant.job), seed=seed, trunk=None)
    looker = _Looker(work, variant)
    fit = arms.arm(variant.job.trial.arm).fit
    if variant.reinitialised:
        fit = partial(fit_network, start=reinitialised.start(variant.reinitialised))
    started = time.perf_counter()
    try:
        outcome = fit(replace(work, onlooker=looker))
    except DivergedError as error:
        nothing = Course(None, (), False, None, time.perf_counter() - started, str(error))
        return Watched(nothing, {}, {})
    right = outcome.predictions == work.dataset.test.labels
    course = Course(
        float(np.mean(right[work.dataset.test_that_counts])),
        tuple(looker.looks),
        bool(outcome.training.levelled_off),
        looker.explained,
        time.perf_counter() - started,
    )
    return Watched(course, looker.start, looker.end)


class _Looker(Onlooker):
    def __init__(self, work: Work[Any], variant: Variant) -> None:
        self.views = variant.views
        self.looks: list[Look] = []
        self.start: State = {}
        self.end: State = {}
        self.explained: float | None = None
        self._keeps = variant.keeps_weights
        self._train, self._test = images_of(work)

    def sees(self, run: Run) -> None:
        own, others = (scored(run.model, one, run.side) for one in (self._train, self._test))
        views = run.step * run.recipe.batch_size
        self.looks.append(Look(views, own.loss, others.loss))
        if self._keeps and not run.step:
            self.start = _copied(run.model.state_dict())
        if self._keeps and run.step == run.schedule.end:
            self.end = _copied(run.model.state_dict())

    def reconstructed(self, explained: float) -> None:
        self.explained = explained


def _copied(state: State) -> State:
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
