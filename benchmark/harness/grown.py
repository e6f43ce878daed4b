"""The trials of one task and backbone where each N has as many seeds as were asked for so far."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from benchmark import arms
from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.next_trials import Add, Sampled, Step, next_trials
from benchmark.analysis.scores import Score, pairs, score_of
from benchmark.defaults import MARGIN, option
from benchmark.errors import UserError
from benchmark.harness import sweep
from benchmark.harness.job import Job
from benchmark.harness.limit import Limit
from benchmark.harness.plan import Selection, prepare
from benchmark.records import store
from benchmark.records.record import Trial

_LEAST_SECONDS = 0.001
"""A training that failed took none, and yet is not free."""


@dataclass(frozen=True)
class Aim:
    """What is to be decided, and with how much."""

    margin: float = MARGIN
    """Gain that counts as no help, 0..1."""
    minutes: float | None = None
    """Of training for each task with each backbone, over all processes, what is stored already
    included; None: what ten seeds at every N would take."""
    limit: Limit | None = None
    """By which all has to be over; what is left until then is the budget in place of minutes."""


@dataclass(frozen=True)
class Grown:
    """What was asked for so far of a selection with one task and one backbone."""

    selection: Selection
    first: tuple[Job, ...]
    """Of seed 0, each arm at every N that the data allow."""
    seeds: Mapping[int, int]
    """N -> how many."""
    jobs: tuple[Job, ...]
    """All of them."""

    @classmethod
    def stored(cls, selection: Selection, records: Path) -> Grown:
        """As many seeds as the records hold without a gap of both arms that decide.

        What a round that was interrupted has stored beyond that waits until it is asked for again.
        """
        first = prepare(replace(selection, seeds=1)).jobs
        two = _deciding(selection)
        made_as = {replace(job.trial, seed=0): job.fingerprint for job in first}

        def is_there(trial: Trial) -> bool:
            places = store.places(records, trial, made_as[replace(trial, seed=0)])
            return any(place.exists() for place in places)

        there = _leading(first, two, is_there)
        read = cls(selection, first, {}, ())._with(there)
        current = {job.trial for job in read.jobs if sweep.current(records, job)}
        return read._with(_leading(first, two, current.__contains__))

    def _with(self, seeds: Mapping[int, int]) -> Grown:
        jobs = prepare(replace(self.selection, seeds=seeds)).jobs if seeds else ()
        return replace(self, seeds=seeds, jobs=jobs)

    def after(self, step: Step) -> Grown:
        """With what a step adds."""
        return self._with({**self.seeds, **step.seeds}) if isinstance(step, Add) else self

    @property
    def what(self) -> str:
        """Task and backbone in words."""
        trial = self.first[0].trial
        return f"{trial.task} with {trial.backbone}"

    def next(self, records: Path, aim: Aim) -> Step:
        """What the records say should come next."""
        found = [record for job in self.jobs if (record := sweep.current(records, job))]
        scores = [score_of(record) for record in found]
        pretrained, scratch = (
            [score for score in scores if score.trial.arm == arm]
            for arm in _deciding(self.selection)
        )
        sampled = Sampled(
            grid=tuple(sorted({job.trial.images_per_class for job in self.first})),
            seeds=self.seeds,
            pairs=pairs(pretrained, scratch),
            costs=costs(self.first, scores),
            budget=None if aim.minutes is None else 60 * aim.minutes,
        )
        if aim.limit is not None:
            sampled = replace(sampled, budget=sampled.spent + aim.limit.core_seconds)
        return next_trials(sampled, aim.margin)


def decides(arm_names: Sequence[str]) -> bool:
    """Whether there are two arms to compare, so that trials can be chosen by what they decide."""
    chosen = arms.named(arm_names)
    return any(arm.name == SCRATCH for arm in chosen) and any(arm.pretrained for arm in chosen)


def _deciding(selection: Selection) -> tuple[str, str]:
    """The pretrained arm whose verdict decides, and scratch."""
    if not decides(selection.arms):
        raise UserError(
            "there is no verdict without scratch and a pretrained arm",
            where=f"{option('arms')}={' '.join(selection.arms)}",
            mend=f"add the one that is missing, or say {option('seeds')}=... to go without",
        )
    pretrained = [arm.name for arm in arms.named(selection.arms) if arm.pretrained]
    return FINETUNE if FINETUNE in pretrained else pretrained[0], SCRATCH


def _leading(
    first: Iterable[Job], two: tuple[str, str], present: Callable[[Trial], bool]
) -> dict[int, int]:
    """N -> for how many seeds from 0 on both arms are present; without the N that have none."""
    both: dict[int, list[Trial]] = defaultdict(list)
    for job in first:
        if job.trial.arm in two:
            both[job.trial.images_per_class].append(job.trial)
    counts = {
        n: next(k for k in itertools.count() if not all(present(replace(t, seed=k)) for t in one))
        for n, one in both.items()
    }
    return {n: count for n, count in counts.items() if count}


def costs(first: Iterable[Job], scores: Iterable[Score]) -> dict[int, float]:
    """N -> seconds that one more seed takes there, all arms together.

    As long as an arm's trainings at that N took; where it has none, as long as its others, by their
    views. ``first``: one job of each arm at each N. Without any record views stand for seconds.
    """
    took: dict[tuple[str, int], list[float]] = defaultdict(list)
    for score in scores:
        took[score.trial.arm, score.trial.images_per_class].append(score.seconds)
    seconds = {cell: mean(one) for cell, one in took.items()}
    views = {(job.trial.arm, job.trial.images_per_class): job.recipe.views for job in first}
    found = dict.fromkeys((n for _, n in views), 0.0)
    for (arm, n), count in views.items():
        cost = seconds.get((arm, n), count * _seconds_per_view(arm, seconds, views))
        found[n] += max(cost, _LEAST_SECONDS)
    return found


def _seconds_per_view(
    arm: str, seconds: Mapping[tuple[str, int], float], views: Mapping[tuple[str, int], int]
) -> float:
    mine = [cell for cell in seconds if cell[0] == arm]
    seen = sum(views[cell] for cell in mine)
    return sum(seconds[cell] for cell in mine) / seen if seen else 1.0
