"""What twice the views change: whether an arm's budget was large enough. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark.analysis import stats
from benchmark.analysis.stats import Estimate
from benchmark.records.saturation import Budget


@dataclass(frozen=True)
class Saturation:
    """One arm of one backbone at one N, over the subsets that it was trained on."""

    backbone: str
    arm: str
    images_per_class: int
    tasks: tuple[str, ...]
    subsets: int
    """Pairs of task and seed that were trained with the rule's budget and with twice it."""
    accuracies: Mapping[float, float]
    """Multiple of the rule's budget -> mean held-out accuracy, 0..1."""
    change: Estimate
    """Accuracy with twice the rule's views less that with the rule's, paired by task and seed; its
    noise is that between tasks, or of a single task that between subsets."""

    def saturated(self, margin: float) -> Literal["yes", "on average", "no"]:
        """Whether the change is smaller than ``margin``: all of its interval, or its mean alone."""
        low, high = self.change.interval()
        if abs(self.change.mean) >= margin:
            return "no"
        if low is None or high is None:
            return "on average"
        return "yes" if -margin < low and high < margin else "on average"


Accuracies = Mapping[Budget, float]
"""Held-out accuracy, 0..1, with each budget."""


def over_tasks(measured: Accuracies) -> list[Saturation]:
    """One for each backbone, arm and N, sorted."""
    return _grouped(measured, lambda one: (one.backbone, one.arm, one.images_per_class, ""))


def per_task(measured: Accuracies) -> list[Saturation]:
    """One for each backbone, arm, N and task, sorted."""
    return _grouped(measured, lambda one: (one.backbone, one.arm, one.images_per_class, one.task))


def _grouped(
    measured: Accuracies, place: Callable[[Budget], tuple[str, str, int, str]]
) -> list[Saturation]:
    groups: dict[tuple[str, str, int, str], dict[Budget, float]] = defaultdict(dict)
    for one, accuracy in measured.items():
        groups[place(one)][one] = accuracy
    found = [_saturation(groups[key]) for key in sorted(groups)]
    return [one for one in found if one is not None]


def _saturation(measured: Accuracies) -> Saturation | None:
    """Of one place; None where no subset was trained with both budgets."""
    curves: dict[tuple[str, int], dict[float, float]] = defaultdict(dict)
    for one, accuracy in measured.items():
        curves[one.task, one.seed][one.times] = accuracy
    whole = {subset: curve for subset, curve in sorted(curves.items()) if {1, 2} <= curve.keys()}
    if not whole:
        return None
    any_of = next(iter(measured))
    change = stats.estimate(_changes(whole))
    return Saturation(
        backbone=any_of.backbone,
        arm=any_of.arm,
        images_per_class=any_of.images_per_class,
        tasks=tuple(dict.fromkeys(task for task, _ in whole)),
        subsets=len(whole),
        accuracies=_means(whole.values()),
        change=change,
    )


def _changes(curves: Mapping[tuple[str, int], Mapping[float, float]]) -> list[float]:
    """By twice the views: of each task its mean, for tasks differ by more than their subsets do.

    Of a single task each subset's.
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for (task, _), curve in curves.items():
        by_task[task].append(curve[2] - curve[1])
    several = [float(np.mean(of)) for of in by_task.values()]
    return several if len(several) > 1 else next(iter(by_task.values()))


def _means(curves: Collection[Mapping[float, float]]) -> dict[float, float]:
    """Over subsets, for the budgets that all of them have."""
    shared = sorted(set.intersection(*(set(curve) for curve in curves)))
    return {times: float(np.mean([curve[times] for curve in curves])) for times in shared}
