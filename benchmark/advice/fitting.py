"""A plan that fits into the minutes: measured first, then made smaller until it does.

The minutes are a promise. What is given up for it, in this order: numbers of images per class
between the ends, half of the steps, all N but the largest, steps again, then training at all.
With a quarter of the steps fine-tuning was 12 points behind scratch on clothes, with all of them 6:
fewer N leave questions open, too few steps answer them wrongly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.analysis.next_trials import FIRST, FIRST_AT_SMALLEST, opening
from benchmark.defaults import ARMS
from benchmark.harness import sweep
from benchmark.harness.estimate import Expected, with_recorded
from benchmark.harness.job import Job
from benchmark.harness.limit import Limit, ends_first
from benchmark.harness.plan import Selection, prepare
from benchmark.tasks.definition.schema import Task

_LEAST_SEEDS = 2
"""Without two nothing is known of the noise."""
_SMALLER = (
    (1.0, 4),
    (1.0, 3),
    (0.5, 4),
    (0.5, 3),
    (1.0, 1),
    (0.5, 1),
    (0.25, 1),
    (0.125, 1),
)
"""Share of the steps, and how many N. With fewer than four a curve is not worth continuing."""
_WORDS = {0.5: "half", 0.25: "a quarter", 0.125: "an eighth"}
_START = 10.0
"""Seconds in which processes import what they need."""
_SHARE = 0.9
"""Of the time that is left, for trainings: they do not fill it to the last second."""
_PATIENCE = 0.02
"""Share of the time for measuring the steps of each kind of training."""
_MOST_PATIENCE = 8.0
_MEASURING = 0.3
"""Share of the time after which measuring ends: what was not measured by then is too slow."""


@dataclass(frozen=True)
class Fitted:
    """What is run."""

    selection: Selection
    """Of one task, its budget made smaller where need be."""
    limit: Limit
    notes: tuple[str, ...]
    """What was made smaller, and what that means."""

    @property
    def trains(self) -> bool:
        """Whether there is time for anything but probes."""
        return len(self.selection.arms) > 1


def fitted(
    task: Task,
    backbone: str,
    at: float,
    workers: int,
    records: Path,
    arms: Sequence[str] = ARMS,
) -> Fitted:
    """The largest plan that is likely to be over ``at`` that time, in seconds since the epoch.

    What is stored of a plan costs nothing any more, so a run that was stopped goes on with its own.
    Raises `UserError` for data or weights that cannot be had.
    """
    whole = Selection((task,), (backbone,), tuple(arms), seeds=1)
    jobs = prepare(whole).jobs
    patience = min(_MOST_PATIENCE, max(0.5, _PATIENCE * (at - time.time())))
    until = time.time() + _MEASURING * (at - time.time())
    known = Expected.measured(jobs, workers, with_recorded(records), patience, until)
    room = workers * (_SHARE * (at - time.time()) - _START)
    for chosen, notes in _smaller_and_smaller(whole, jobs):
        needed = prepare(replace(chosen, seeds=_needed(chosen, jobs))).jobs
        if math.fsum(map(known.seconds, sweep.missing(records, needed))) <= room:
            costs = _seconds(prepare(chosen).jobs, known)
            return Fitted(chosen, Limit(at, costs, workers), notes)
    alone = replace(whole, arms=("probe",), seeds=FIRST_AT_SMALLEST)
    return Fitted(alone, Limit(at, {}, workers), (_NO_TRAINING,))


_NO_TRAINING = (
    "There was no time to train any network, so only probes were run, which train none: allow more "
    "minutes to know about fine-tuning and scratch."
)


def _smaller_and_smaller(
    whole: Selection, jobs: Sequence[Job]
) -> Iterator[tuple[Selection, tuple[str, ...]]]:
    grid = _grid(jobs)
    (task,) = whole.tasks
    yield whole, ()
    for budget, count in _SMALLER:
        few = tuple(sorted(ends_first(grid)[:count]))
        smaller = task.model_copy(update={"budget": task.budget * budget})
        notes = (*_about_sizes(few, grid), *_about_budget(budget))
        yield replace(whole, tasks=(smaller,), images_per_class=few), notes


def _about_sizes(few: Sequence[int], grid: Sequence[int]) -> Iterator[str]:
    if len(few) < len(grid):
        were = "was" if len(few) == 1 else "were"
        yield (
            f"For want of time only N = {', '.join(map(str, few))} {were} run, of "
            f"{len(grid)} numbers of images per class."
        )


def _about_budget(budget: float) -> Iterator[str]:
    if budget < 1:
        yield (
            f"For want of time trainings had {_WORDS[budget]} of their usual steps: accuracies are "
            "too low rather than too high, and which arm is the better one may change with more."
        )


def _grid(jobs: Sequence[Job]) -> list[int]:
    return sorted({job.trial.images_per_class for job in jobs})


def _needed(chosen: Selection, jobs: Sequence[Job]) -> dict[int, int]:
    """N -> seeds without which it would not be worth the while."""
    if chosen.images_per_class is None:
        grid = _grid(jobs)
        return {n: FIRST_AT_SMALLEST if n == grid[0] else FIRST for n in opening(grid)}
    return dict.fromkeys(chosen.images_per_class, _LEAST_SEEDS)


def _seconds(jobs: Sequence[Job], known: Expected) -> dict[tuple[str, int], float]:
    return {(job.trial.arm, job.trial.images_per_class): known.seconds(job) for job in jobs}
