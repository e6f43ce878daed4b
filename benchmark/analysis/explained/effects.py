"""Regularisation or optimisation? (Erhan et al. 2010, "Why does unsupervised pre-training help?")

Fine-tuning is beside the same training from random weights, where both have come down to the same
training loss: a lower test loss of fine-tuning is what a regulariser does, fewer views to get there
what easier optimisation does. Both can be true.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.explained.answers import Word, is_above, unfinished
from benchmark.analysis.stats import Estimate, estimate
from benchmark.records.explained.finding import RANDOM_START, Effect, Look

SHARES = (0.5, 0.25, 0.1, 0.05, 0.025, 0.01)
"""Training losses at which trainings are compared, as shares of the loss of guessing."""
FEWEST = 3
"""Of these have to be reached by all trainings: with fewer, one was too short to be compared."""


@dataclass(frozen=True)
class Reached:
    """A training where it first comes down to a training loss, between two looks at it."""

    views: float
    test_loss: float


def reached(looks: Sequence[Look], loss: float) -> Reached | None:
    """Where ``looks`` first fall to ``loss`` (nats); None if they never do.

    Between two looks the logarithm of the training loss is taken to fall evenly.
    """
    for before, after in pairwise(looks):
        if after.train_loss <= loss < before.train_loss:
            least = max(after.train_loss, 1e-9)
            whole = math.log(before.train_loss / least)
            share = math.log(before.train_loss / max(loss, least)) / whole
            return Reached(
                before.views + share * (after.views - before.views),
                before.test_loss + share * (after.test_loss - before.test_loss),
            )
    return None


@dataclass(frozen=True)
class Level:
    """One training loss that every training has come down to."""

    share: float
    """Of the loss of guessing."""
    test_loss: Mapping[str, Estimate]
    """Training -> test loss there, in nats."""
    views: Mapping[str, Estimate]
    """Training -> logarithm to base 2 of the views to get there."""


@dataclass(frozen=True)
class Effects:
    """What is known at one N."""

    seeds: int
    levels: tuple[Level, ...]
    unfinished: Mapping[str, int]
    """Training -> at how many seeds its loss was still falling in the end."""
    test_loss: Estimate | None
    """From random weights less that of fine-tuning, mean over levels, in nats; None with too few
    levels."""
    doublings: Estimate | None
    """How often the views double from fine-tuning's to those from random weights, mean over
    levels."""

    @property
    def regularises(self) -> Word:
        """*Yes*: fine-tuning's test loss is surely lower at equal training loss."""
        return "undecided" if self.test_loss is None else is_above(self.test_loss, 0.0)

    @property
    def optimises(self) -> Word:
        """*Yes*: fine-tuning surely needs fewer views to equal training losses."""
        return "undecided" if self.doublings is None else is_above(self.doublings, 0.0)


def effects(answers: Sequence[Effect], classes: int) -> Effects:
    """From the seeds at one N, at least one, of a task with so many classes."""
    both = (RANDOM_START, FINETUNE)
    found: dict[float, dict[str, list[Reached]]] = {}
    for share in SHARES:
        loss = share * math.log(classes)
        there = {name: [reached(one.courses[name], loss) for one in answers] for name in both}
        if all(one is not None for places in there.values() for one in places):
            found[share] = {name: [p for p in there[name] if p is not None] for name in both}
    enough = len(found) >= FEWEST
    seeds = range(len(answers))
    lost = [_mean(_lost(places, seed) for places in found.values()) for seed in seeds if enough]
    longer = [_mean(_longer(places, seed) for places in found.values()) for seed in seeds if enough]
    return Effects(
        len(answers),
        tuple(_level(share, places) for share, places in found.items()),
        unfinished(answers),
        estimate(lost) if lost else None,
        estimate(longer) if longer else None,
    )


def _level(share: float, places: Mapping[str, Sequence[Reached]]) -> Level:
    return Level(
        share,
        {name: estimate([one.test_loss for one in there]) for name, there in places.items()},
        {name: estimate([math.log2(one.views) for one in there]) for name, there in places.items()},
    )


def _lost(places: Mapping[str, Sequence[Reached]], seed: int) -> float:
    return places[RANDOM_START][seed].test_loss - places[FINETUNE][seed].test_loss


def _longer(places: Mapping[str, Sequence[Reached]], seed: int) -> float:
    return math.log2(places[RANDOM_START][seed].views / places[FINETUNE][seed].views)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)
