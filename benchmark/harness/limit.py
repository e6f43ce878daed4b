"""A time by which a sweep has to be over, its last training included."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmark.records.record import Trial

_SLACK = 1.15
"""Trainings take up to so many times what was measured before."""

_ARMS = ("probe", "finetune", "scratch")
"""The quickest first: an answer that was cut short then has them at least."""


@dataclass(frozen=True)
class Limit:
    """What a sweep may still begin, and in which order."""

    at: float
    """When all is over, in seconds since the epoch; what still trains then is ended."""
    expected: Mapping[tuple[str, int], float] = field(default_factory=dict)
    """Arm and N -> seconds of one training; what is not known is begun."""
    workers: int = 1
    """Processes that train at once."""

    @property
    def left(self) -> float:
        """Seconds, below zero where it is over."""
        return self.at - time.time()

    @property
    def core_seconds(self) -> float:
        """What trainings may still take in all."""
        return max(0.0, self.left) * self.workers

    def allows(self, trial: Trial) -> bool:
        """Whether a training that begins now is likely to end in time."""
        expected = self.expected.get((trial.arm, trial.images_per_class), 0.0)
        return self.left > _SLACK * expected


def most_decisive_first(trials: Sequence[Trial]) -> list[Trial]:
    """So that a run that is cut short gives the best answer there is.

    First two seeds of every arm where most images are, which is what somebody has; then where
    fewest are, then between, so that the curve is known; then the other seeds, two at a time.
    """
    places = {n: i for i, n in enumerate(ends_first({t.images_per_class for t in trials}))}

    def rank(trial: Trial) -> tuple[int, int, int, int]:
        arm = _ARMS.index(trial.arm) if trial.arm in _ARMS else len(_ARMS)
        return trial.seed // 2, places[trial.images_per_class], trial.seed, arm

    return sorted(trials, key=rank)


def ends_first(sizes: Iterable[int]) -> list[int]:
    """The largest, the smallest, then always the middle of the widest gap that is left."""
    rising = sorted(sizes)
    chosen = list(dict.fromkeys([rising[-1], rising[0]])) if rising else []
    while len(chosen) < len(rising):
        taken = sorted(rising.index(n) for n in chosen)
        gaps = [(b - a, a, b) for a, b in itertools.pairwise(taken) if b - a > 1]
        _, a, b = max(gaps, key=lambda gap: (gap[0], gap[2]))
        chosen.append(rising[(a + b + 1) // 2])
    return chosen
