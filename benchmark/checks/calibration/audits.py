"""Audits of verdicts that are known to be sound or not, simulated image by image and certified."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmark.analysis.certificate import Certificate, certify, deciding_sizes
from benchmark.analysis.crossover import verdict
from benchmark.analysis.gains import Pair, gain_cells
from benchmark.analysis.retrials import retrial
from benchmark.analysis.stats import Floats
from benchmark.checks.calibration.curves import PLACES, SIZES, helps, smooth
from benchmark.checks.calibration.simulate import in_processes
from benchmark.defaults import MARGIN
from benchmark.records.recipe import ALTERNATIVES, TWICE

ARMS = ("scratch", "finetune")
DIFFICULTY = 1.0
"""Spread of how hard an image is for both arms, where one training's own luck has a spread of 1."""
TASTE = 0.4
"""Spread of how hard it is for one of the two arms alone."""

Answers = dict[int, NDArray[np.bool_]]
"""N -> whether each test image is classified correctly, [seeds, images]."""


@dataclass(frozen=True)
class AuditScene:
    """What is simulated: one line of the table."""

    sound: bool
    """Whether no alternative is better; if not, twice the steps of scratch take the gain away."""
    seeds: int
    test_images: int


@dataclass(frozen=True)
class AuditRow:
    """Shares of the audits of one scene whose verdict is not undecided."""

    scene: AuditScene
    audits: int
    """Of which the shares are."""
    void: float | None
    """None, as the others, where there is none."""
    unsettled: float | None
    holds: float | None


def simulate_audits(
    scenes: Sequence[AuditScene], sweeps: int, jobs: int, seed: int
) -> list[AuditRow]:
    """One row for each scene; each has its own random numbers, so ``jobs`` changes nothing."""
    return in_processes(partial(_simulate_scene, sweeps=sweeps, seed=seed), scenes, jobs)


def _simulate_scene(scene: AuditScene, sweeps: int, seed: int) -> AuditRow:
    rng = np.random.default_rng([seed, scene.sound, scene.seeds, scene.test_images])
    found = [audited(scene, rng) for _ in range(sweeps)]
    kinds = Counter(one.status for one in found if one.doubt != "undecided")
    count = kinds.total()
    void, unsettled, holds = (
        kinds[kind] / count if count else None for kind in ("void", "unsettled", "holds")
    )
    return AuditRow(scene, count, void, unsettled, holds)


def audited(scene: AuditScene, rng: np.random.Generator) -> Certificate:
    """The certificate of one simulated sweep whose deciding cells are all run again."""
    gains, taken = _truth(scene, rng)
    scratch = special.expit(np.linspace(-1.0, 2.0, len(SIZES))) * (1 - np.abs(gains))
    images = _Images(scene, rng)
    accuracies = dict(zip(ARMS, (scratch, scratch + gains), strict=True))
    grid = tuple(map(int, SIZES))
    first = {arm: images.answers(arm, accuracies[arm], grid) for arm in ARMS}
    original = _pairs(first["finetune"], first["scratch"])
    cells = gain_cells(original)
    found = verdict(cells, MARGIN)
    sizes = deciding_sizes(found)
    retrials = []
    for arm in ARMS:
        for name in ALTERNATIVES:
            better = taken if (arm, name) == ("scratch", TWICE) else 0.0
            again = images.answers(arm, np.minimum(accuracies[arm] + better, 0.995), sizes)
            both = first | {arm: again}
            changed = _pairs(both["finetune"], both["scratch"])
            retrials.append(retrial(arm, name, changed, original, _pairs(again, first[arm])))
    return certify(found, cells, retrials, ARMS)


def _truth(scene: AuditScene, rng: np.random.Generator) -> tuple[Floats, float]:
    """The true gains, and what twice the steps of scratch take from them."""
    if scene.sound:
        truth = smooth(rng) if rng.random() < 0.5 else helps(rng)
        return truth.curve(PLACES), 0.0
    gains = helps(rng).curve(PLACES)
    lasting = rng.uniform(0.04, 0.08)
    return gains - gains[-1] + lasting, lasting + rng.uniform(0.0, 0.02)


class _Images:
    """Test images of some difficulty, and seeds with some luck, of one simulated task."""

    def __init__(self, scene: AuditScene, rng: np.random.Generator) -> None:
        self._rng = rng
        common = DIFFICULTY * rng.standard_normal(scene.test_images)
        self._hard = {arm: common + TASTE * rng.standard_normal(len(common)) for arm in ARMS}
        self._luck = {arm: rng.standard_normal((scene.seeds, len(SIZES))) for arm in ARMS}

    def answers(self, arm: str, accuracies: Floats, at: Collection[int]) -> Answers:
        """Of trainings at some N whose accuracy over all seeds and images is as given, [sizes].

        Half of a seed's luck is its subset's and comes again with another recipe.
        """
        spread = 0.1 / np.sqrt(SIZES) + 0.02
        mine = self._rng.standard_normal(self._luck[arm].shape)
        luck = spread * (self._luck[arm] + mine) * math.sqrt(0.5)
        total = np.sqrt(1 + DIFFICULTY**2 + TASTE**2 + spread**2)
        ability = special.ndtri(accuracies) * total + luck
        threshold = -self._hard[arm]
        noise = self._rng.standard_normal((len(at), len(ability), len(threshold)))
        columns = ability.T[np.isin(SIZES, list(at))]
        return dict(zip(at, columns[:, :, None] + noise > threshold, strict=True))


def _pairs(pretrained: Answers, scratch: Answers) -> list[Pair]:
    """At the N that both have."""
    return [
        Pair(n, seed, other.mean(), one.mean(), len(one), float((one != other).mean()))
        for n in sorted(set(pretrained) & set(scratch))
        for seed, (one, other) in enumerate(zip(pretrained[n], scratch[n], strict=True))
    ]
