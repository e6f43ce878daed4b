"""What `make tune` measured, kept in ``tuned/evidence.csv``, and what follows from it.

Needs no torch: pages are written from it.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.defaults import SHIPPED_TUNING
from benchmark.records import measurements
from benchmark.records.tuned import SETTINGS_FILE, Settings

EVIDENCE_FILE = SETTINGS_FILE.with_name("evidence.csv")


@dataclass(frozen=True, order=True)
class Cell:
    """One training: everything but what came of it."""

    backbone: str
    weights: str
    """First digits of the hash of the pretrained weights; empty for an arm that starts without."""
    arm: str
    task: str
    settings: str
    """What was tried: JSON with sorted keys, names of a recipe's fields and their values."""
    views: int
    """Training images of the whole budget."""
    fingerprint: str
    """Its first digits, over recipe, images, weights and network, as a record's: what was measured
    with others has to be measured anew."""
    held_out: int
    """Images per class that are held out to score the training."""
    images_per_class: int
    seed: int


Evidence = dict[Cell, float]
"""Cell -> held-out accuracy, 0..1."""


def as_text(settings: Settings) -> str:
    """The settings as a cell has them."""
    return json.dumps(dict(settings), sort_keys=True)


def mean_accuracies(evidence: Mapping[Cell, float]) -> dict[tuple[str, int, str], float]:
    """(arm, images per class, settings) -> mean held-out accuracy, 0..1, over tasks and seeds."""
    scores: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for cell, accuracy in evidence.items():
        scores[cell.arm, cell.images_per_class, cell.settings].append(accuracy)
    return {key: float(np.mean(values)) for key, values in sorted(scores.items())}


def means_at(evidence: Mapping[Cell, float], arm: str, size: int) -> dict[str, float]:
    """Settings -> mean held-out accuracy, 0..1, at one arm and number of images per class."""
    here = {c: a for c, a in evidence.items() if (c.arm, c.images_per_class) == (arm, size)}
    return {settings: mean for (_, _, settings), mean in mean_accuracies(here).items()}


def simplest(among: Collection[str]) -> list[str]:
    """The settings that name the fewest: an optimiser and a rate, without a change."""
    names = {settings: len(json.loads(settings)) for settings in among}
    return [settings for settings in among if names[settings] == min(names.values())]


def best_of(means: Mapping[str, float], among: Collection[str]) -> str:
    """The settings with the best mean; of equals the simplest, and of these the first."""
    return max(sorted(among), key=lambda one: (means[one], -len(json.loads(one))))


Place = tuple[str, int]
"""Arm and images per class."""

Chosen = dict[str, dict[int, dict[str, Any]]]
"""Arm -> images per class -> settings."""


def chosen_settings(evidence: Mapping[Cell, float]) -> Chosen:
    """Per arm and N the settings that did best in mean held-out accuracy; of equals the first.

    Of those that were measured most often at an N, the best optimiser and rate; what was chosen at
    the next larger N, if it loses no more than one standard error against these; and what is best
    with a change, if that is better by more (Breiman et al. 1984, Classification and Regression
    Trees, section 3.4.3): the best of several that are as good in truth looks better by chance.
    """
    chosen: Chosen = defaultdict(dict)
    larger: str | None = None
    for arm, size in sorted({(c.arm, -c.images_per_class) for c in evidence}):
        larger = _chosen(evidence, (arm, -size), larger if arm in chosen else None)
        chosen[arm] = {-size: json.loads(larger)} | chosen[arm]
    return dict(chosen)


def _chosen(evidence: Mapping[Cell, float], place: Place, larger: str | None) -> str:
    means = means_at(evidence, *place)
    trainings = {settings: len(tried_with(evidence, place, settings)) for settings in means}
    most = [settings for settings in means if trainings[settings] == max(trainings.values())]
    base, best = best_of(means, simplest(most)), best_of(means, most)
    if larger in most:
        lost, error = paired_loss(evidence, place, larger, base)
        base = larger if lost <= error else base
    lost, error = paired_loss(evidence, place, base, best)
    return best if lost > error else base


def paired_loss(
    evidence: Mapping[Cell, float], place: Place, settings: str, best: str
) -> tuple[float, float]:
    """Mean accuracy (0..1) that ``settings`` lack against ``best`` over shared subsets, its error.

    With fewer than two shared subsets both are not a number.
    """
    one, other = (
        {(c.task, c.seed): a for c, a in tried_with(evidence, place, tried).items()}
        for tried in (settings, best)
    )
    lost = [other[drawn] - one[drawn] for drawn in sorted(one.keys() & other.keys())]
    if len(lost) < 2:
        return math.nan, math.nan
    return float(np.mean(lost)), float(np.std(lost, ddof=1)) / math.sqrt(len(lost))


def tried_with(evidence: Mapping[Cell, float], place: Place, settings: str) -> Mapping[Cell, float]:
    """The measurements of these settings for an arm at an N."""
    wanted = (*place, settings)
    return {c: a for c, a in evidence.items() if (c.arm, c.images_per_class, c.settings) == wanted}


def rates_at_the_edge(evidence: Mapping[Cell, float]) -> list[tuple[str, int, float]]:
    """(arm, N, rate) where the chosen rate is the smallest or largest tried with its optimiser.

    A rate beyond may be better.
    """
    tried: dict[tuple[str, int, str], set[float]] = defaultdict(set)
    for cell in evidence:
        settings = json.loads(cell.settings)
        key = cell.arm, cell.images_per_class, settings["optimiser"]
        tried[key].add(settings["learning_rate"])
    return [
        (arm, size, settings["learning_rate"])
        for arm, sizes in chosen_settings(evidence).items()
        for size, settings in sizes.items()
        if settings["learning_rate"] in _ends(tried[arm, size, settings["optimiser"]])
    ]


def _ends(rates: set[float]) -> tuple[float, float]:
    return min(rates), max(rates)


def read_evidence(file: Path = EVIDENCE_FILE) -> Evidence:
    """All measurements in ``file``; none if it does not exist.

    Raises `UserError` if it holds something else, such as the columns of an older version.
    """
    return measurements.read(file, Cell)


def all_evidence() -> Evidence:
    """What was measured for this version, but for a backbone's arms that were measured anew."""
    shipped = read_evidence(SHIPPED_TUNING / EVIDENCE_FILE.name)
    return measurements.renewed(shipped, read_evidence())


def change_evidence(file: Path, to: Callable[[Evidence], Evidence]) -> Evidence:
    """What ``to`` makes of the measurements in ``file``, written there: see `measurements`."""
    return measurements.change(Cell, file, to)
