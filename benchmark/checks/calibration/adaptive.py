"""Sweeps that choose their trials, simulated until they stop and judged as others are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmark.analysis.crossover import verdict
from benchmark.analysis.gains import Pair, gain_cells
from benchmark.analysis.next_trials import (
    EVEN_SEEDS,
    Add,
    Sampled,
    Step,
    StopReason,
    next_trials,
)
from benchmark.checks.calibration.curves import PLACES, SHAPES, SIZES, Truth
from benchmark.checks.calibration.noise import NOISES, observe
from benchmark.checks.calibration.simulate import Outcome, Scene, in_processes, judge_pairs
from benchmark.checks.calibration.summary import AdaptiveRow, summary
from benchmark.defaults import MARGIN

COSTS = {int(n): min(max(1500.0 * n, 38_400.0), 307_200.0) + 38_400.0 for n in SIZES}
"""N -> what a seed of scratch and fine-tuning costs: the views of both with ten classes."""


@dataclass(frozen=True)
class _Swept:
    outcome: Outcome
    why: StopReason
    seeds: Mapping[int, int]
    evenly_decided: bool


def simulate_adaptive(
    scenes: Sequence[Scene], sweeps: int, jobs: int, seed: int
) -> list[AdaptiveRow]:
    """One row for each scene; each has its own random numbers, so ``jobs`` changes nothing."""
    return in_processes(partial(_simulate_scene, sweeps=sweeps, seed=seed), scenes, jobs)


def _simulate_scene(scene: Scene, sweeps: int, seed: int) -> AdaptiveRow:
    rng = np.random.default_rng([seed, *scene.stream])
    found = [_swept(SHAPES[scene.shape](rng), scene, rng) for _ in range(sweeps)]
    even_cost = EVEN_SEEDS * sum(COSTS.values())
    stops = Counter(one.why for one in found)
    return AdaptiveRow(
        summary(scene, [one.outcome for one in found]),
        sweeps,
        float(np.mean([sum(one.seeds.values()) for one in found])) / (EVEN_SEEDS * len(SIZES)),
        float(np.mean([_cost(one.seeds) for one in found])) / even_cost,
        {why: count / sweeps for why, count in stops.items()},
        float(np.mean([one.evenly_decided for one in found])),
    )


def _cost(seeds: Mapping[int, int]) -> float:
    return math.fsum(COSTS[n] * count for n, count in seeds.items())


def _swept(truth: Truth, scene: Scene, rng: np.random.Generator) -> _Swept:
    """One sweep: all of its trials are simulated, but seen only when they are asked for."""
    noise = NOISES[scene.noise]
    pairs = observe(truth.curve(PLACES), scene.seeds, scene.test_images, noise, rng)
    seeds: dict[int, int] = {}
    while isinstance(step := _asked(pairs, seeds), Add):
        seeds |= step.seeds
    even = verdict(gain_cells(_seen(pairs, dict.fromkeys(COSTS, EVEN_SEEDS))), MARGIN)
    return _Swept(
        judge_pairs(truth, _seen(pairs, seeds)), step.why, seeds, even.kind != "undecided"
    )


def _asked(pairs: Sequence[Pair], seeds: Mapping[int, int]) -> Step:
    return next_trials(Sampled(tuple(COSTS), seeds, _seen(pairs, seeds), COSTS), MARGIN)


def _seen(pairs: Sequence[Pair], seeds: Mapping[int, int]) -> list[Pair]:
    return [pair for pair in pairs if pair.seed < seeds.get(pair.images_per_class, 0)]
