"""Sweeps with a known crossover, simulated and judged by the suite's own verdict."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from benchmark.analysis.crossover import VerdictKind, verdict
from benchmark.analysis.gains import Pair, gain_cells
from benchmark.checks.calibration.curves import PLACES, SHAPES, Truth
from benchmark.checks.calibration.noise import NOISES, observe
from benchmark.defaults import MARGIN

S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class Scene:
    """What is simulated: one line of the tables."""

    shape: str
    """A key of `SHAPES`."""
    seeds: int
    test_images: int
    noise: str = "falling"
    """A key of `NOISES`."""
    counted: bool = True
    """Whether it is known on how many test images exactly one arm is right."""

    @property
    def stream(self) -> list[int]:
        """Its own stream of random numbers."""
        kinds = list(SHAPES).index(self.shape), list(NOISES).index(self.noise), self.counted
        return [*map(int, kinds), self.seeds, self.test_images]


@dataclass(frozen=True)
class Outcome:
    """One simulated sweep, judged. Widths in doublings of N, an open end at the end of the grid."""

    kind: VerdictKind
    wrong: bool
    covered: bool | None
    """Whether the interval holds the true N*; None where there is none to hold."""
    width: float
    cells: float
    """Share of the N measured at which the gain's interval holds the true gain."""


def simulate(scenes: Sequence[Scene], sweeps: int, jobs: int, seed: int) -> list[list[Outcome]]:
    """The outcomes of each scene; each has its own random numbers, so ``jobs`` changes nothing."""
    return in_processes(partial(simulate_scene, sweeps=sweeps, seed=seed), scenes, jobs)


def in_processes(work: Callable[[S], R], scenes: Sequence[S], jobs: int) -> list[R]:
    """What ``work`` makes of each scene, in ``jobs`` processes."""
    if jobs == 1:
        return [work(scene) for scene in scenes]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(work, scenes))


def simulate_scene(scene: Scene, sweeps: int, seed: int) -> list[Outcome]:
    """Judges ``sweeps`` simulated sweeps of one scene."""
    rng = np.random.default_rng([seed, *scene.stream])
    return [judge(SHAPES[scene.shape](rng), scene, rng) for _ in range(sweeps)]


def judge(truth: Truth, scene: Scene, rng: np.random.Generator) -> Outcome:
    """Simulates one sweep and compares its verdict with the truth."""
    pairs = observe(truth.curve(PLACES), scene.seeds, scene.test_images, NOISES[scene.noise], rng)
    if not scene.counted:
        pairs = [dataclasses.replace(pair, disagree=None) for pair in pairs]
    return judge_pairs(truth, pairs)


def judge_pairs(truth: Truth, pairs: Sequence[Pair]) -> Outcome:
    """Compares the verdict on simulated pairs with the truth."""
    result = verdict(gain_cells(pairs), MARGIN)
    low, high = result.claimed
    gains = truth.curve(np.log2([float(g.images_per_class) for g in result.gains]))
    held = [
        g.low is not None and g.high is not None and g.low <= gain <= g.high
        for g, gain in zip(result.gains, gains, strict=True)
    ]
    return Outcome(
        result.kind,
        is_wrong(result.kind, truth),
        None if truth.crossover is None else _holds(low, high, truth.crossover),
        result.doublings,
        float(np.mean(held)),
    )


def is_wrong(kind: VerdictKind, truth: Truth) -> bool:
    """Whether a verdict says something false; *undecided* says nothing.

    "Stops" is not false of a curve that also hurts later, nor is "never helps" of one that hurts
    from the start: both are true, if not all there is to say.
    """
    gains = truth.curve(PLACES)
    ends_above, ends_below = gains[-1] > MARGIN, gains[-1] < -MARGIN
    helped = bool((gains > MARGIN).any())
    claims: dict[VerdictKind, bool] = {
        "stops": helped and not ends_above,
        "hurts": bool(ends_below),
        "never_helps": not helped,
        "helps_throughout": bool(ends_above),
        "undecided": True,
    }
    return not claims[kind]


def _holds(low: float | None, high: float | None, place: float) -> bool:
    return (low is None or math.log2(low) <= place) and (high is None or place <= math.log2(high))
