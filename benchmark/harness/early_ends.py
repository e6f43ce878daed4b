"""How much of its budget a training is likely to use, from what earlier trainings used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmark.harness.job import Job
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import Recipe
from benchmark.records.record import Record, Trial

_ALIKE = 2.0
"""Trainings on up to so many times as many images, or so many times fewer, are taken as alike."""


@dataclass(frozen=True)
class Ended:
    """A training of the past."""

    trial: Trial
    images: int
    """That it was trained on."""
    early: int | None
    """Views after which it ended because its loss was at the floor; None: it used its budget."""


@dataclass(frozen=True)
class Past:
    """What is known of earlier trainings under today's protocol."""

    trainings: tuple[Ended, ...]

    @classmethod
    def read(cls, folders: Iterable[Path]) -> Past:
        """From all records below ``folders``, which need not exist, as far as they can be read."""
        return cls(tuple(one for folder in folders for one in _ended(folder)))

    def share(self, job: Job, classes: int) -> float:
        """The share of its budget, 0..1, that a job is likely to use.

        By trainings of its arm: at its N with its backbone, else at its N, else on about as many
        images of any task. 1 where there is none, and for a job that does not end early.
        """
        if isinstance(job.recipe, Recipe) and not job.recipe.floor:
            return 1.0
        views, wanted = job.recipe.views, job.trial
        mine = [one for one in self.trainings if one.trial.arm == wanted.arm]
        for near in _circles(wanted, classes * wanted.images_per_class):
            found = [one for one in mine if near(one)]
            if found and views:
                return mean(min(1.0, (one.early or views) / views) for one in found)
        return 1.0


def _circles(wanted: Trial, images: int) -> Iterator[Callable[[Ended], bool]]:
    def same_n(one: Ended) -> bool:
        trial = one.trial
        return (trial.task, trial.images_per_class) == (wanted.task, wanted.images_per_class)

    yield lambda one: same_n(one) and one.trial.backbone == wanted.backbone
    yield same_n
    yield lambda one: images / _ALIKE <= one.images <= images * _ALIKE


def _ended(folder: Path) -> Iterator[Ended]:
    for record in store.load(folder, lambda fault: None):
        if record.protocol == PROTOCOL and record.training.steps:
            images = record.data.classes * record.trial.images_per_class
            yield Ended(record.trial, images, _early(record))


def _early(record: Record) -> int | None:
    views, batch = record.recipe.get("views"), record.recipe.get("batch_size")
    if not isinstance(views, int) or not isinstance(batch, int):
        return None
    used = record.training.steps * batch
    return used if used < views else None
