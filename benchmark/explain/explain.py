"""What is missing of the answers is measured: first the trainings that they share, then they.

A question in a cell (task, backbone, N, seed) is stored by itself, as soon as it is answered.
"""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmark import files
from benchmark.defaults import option
from benchmark.errors import UserError
from benchmark.explain import kept, questions
from benchmark.explain.listener import Listener
from benchmark.explain.questions import Question, Seen
from benchmark.explain.variant import Variant
from benchmark.explain.watched import Course, Watched
from benchmark.harness import executors, plan
from benchmark.harness.job import Job, device_of, facts, versions, work_of
from benchmark.harness.plan import Selection
from benchmark.records.explained import findings
from benchmark.records.explained.finding import Answer, Cell, Finding
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import as_stored
from benchmark.training import backbones
from benchmark.training.loop import DivergedError


@dataclass(frozen=True)
class Asked:
    """A question in a cell, with all that a process needs to answer it."""

    cell: Cell
    key: str
    variants: tuple[Variant, ...]

    @property
    def question(self) -> Question:
        """Which one; found by its key, for functions of modules alone go to other processes."""
        return next(one for one in questions.ALL if one.key == self.key)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all that, if changed, makes a stored answer stale."""
        trainings = [variant.fingerprint for variant in self.variants]
        return files.digest([self.key, self.question.method, trainings])


@dataclass(frozen=True)
class Plan:
    """What is asked, and what had to be left out of it."""

    asked: tuple[Asked, ...]
    notes: tuple[str, ...]


def prepare(selection: Selection) -> Plan:
    """All questions in every cell of the selection, whose arms are those that they need.

    Raises `UserError` as `harness.plan.prepare` does, and where no question can be asked.
    """
    planned = plan.prepare(replace(selection, arms=questions.ARMS))
    cells: dict[Cell, dict[str, Job]] = defaultdict(dict)
    for job in planned.jobs:
        trial = job.trial
        cell = Cell(trial.task, trial.backbone, trial.images_per_class, trial.seed)
        cells[cell][trial.arm] = job
    asked, notes = [], list(planned.notes)
    for cell, jobs in cells.items():
        for question in questions.ALL:
            if lacking := [arm for arm in question.arms if arm not in jobs]:
                notes.append(_left_out(cell, question, lacking))
            else:
                asked.append(Asked(cell, question.key, question.variants(jobs)))
    if not asked:
        raise UserError(
            "no question can be asked",
            where="; ".join(notes),
            mend="choose a smaller N or another backbone",
        )
    return Plan(tuple(asked), tuple(dict.fromkeys(notes)))


def _left_out(cell: Cell, question: Question, lacking: Sequence[str]) -> str:
    arms = " and ".join(lacking)
    return f"{cell.task}, {cell.backbone}: {question.key} is not asked without the arm {arms}"


@dataclass(frozen=True)
class Missing:
    """What is still to be done."""

    variants: tuple[Variant, ...]
    """Trainings that are not in the cache, the longest first."""
    asked: tuple[Asked, ...]


def missing(root: Path, planned: Plan, told: findings.Told) -> Missing:
    """What is not stored below ``root``; ``told`` learns of files that are no findings."""
    asked = tuple(
        one
        for one in planned.asked
        if findings.current(root, one.cell, one.key, one.fingerprint, told) is None
    )
    needed = {variant.fingerprint: variant for one in asked for variant in one.variants}
    absent = [variant for variant in needed.values() if not kept.is_kept(variant)]
    absent.sort(key=lambda variant: variant.job.recipe.all_views, reverse=True)
    return Missing(tuple(absent), asked)


def run(root: Path, todo: Missing, workers: int, listener: Listener) -> None:
    """Trains and answers what is missing. Raises `UserError` where nothing can be written."""
    mend = f"choose another folder with {option('out')}=..., or make this one writable"
    files.prepare(root, mend=mend)
    for variant, watched in executors.run(_train, todo.variants, workers):
        if isinstance(watched, UserError):
            listener.failed(_name(variant), watched)
        else:
            listener.trained(variant, watched)
    for asked, found in executors.run(_Answering(root.absolute()), todo.asked, workers):
        if isinstance(found, UserError):
            listener.failed(f"{asked.cell.task}, N={asked.cell.images_per_class}", found)
        else:
            listener.answered(found)


def _name(variant: Variant) -> str:
    trial = variant.job.trial
    return f"{trial.task}, N={trial.images_per_class}, {variant.name}"


def _train(variant: Variant) -> tuple[Variant, Course | UserError]:
    try:
        return variant, kept.watched(variant).course
    except UserError as error:
        return variant, error


@dataclass(frozen=True)
class _Answering:
    root: Path

    def __call__(self, asked: Asked) -> tuple[Asked, Finding | UserError]:
        try:
            finding = answer(asked)
        except UserError as error:
            return asked, error
        findings.save(self.root, finding)  # a disk that is full ends the run
        return asked, finding


def answer(asked: Asked) -> Finding:
    """What the question finds in its cell; raises `UserError` as `harness.job.run` does."""
    trainings = {variant.name: kept.watched(variant) for variant in asked.variants}
    started = time.perf_counter()
    found, reason = None, _diverged(asked, trainings)
    if reason is None:
        found, reason = _asked(asked, trainings)
    spent = sum(one.course.seconds for one in trainings.values()) + time.perf_counter() - started
    return _finding(asked, found, reason, spent)


def _diverged(asked: Asked, trainings: dict[str, Watched]) -> str | None:
    reasons = {name: one.course.reason for name, one in trainings.items() if one.course.reason}
    said = "; ".join(f"the training {name} diverged: {why}" for name, why in reasons.items())
    return said or None


def _asked(asked: Asked, trainings: dict[str, Watched]) -> tuple[Answer | None, str | None]:
    try:
        return asked.question.ask(Seen(trainings, work_of(asked.variants[0].job))), None
    except DivergedError as error:
        return None, str(error)


def _finding(asked: Asked, found: Answer | None, reason: str | None, spent: float) -> Finding:
    first = asked.variants[0].job
    backbone = backbones.find(first.backbone)
    return Finding(
        cell=asked.cell,
        question=asked.key,
        fingerprint=asked.fingerprint,
        protocol=PROTOCOL,
        reason=reason,
        answer=found,
        recipes={variant.name: as_stored(variant.job.recipe) for variant in asked.variants},
        data=facts(work_of(first).dataset, first.image_size),
        backbone_label=backbone.label,
        weights_hash=backbone.weights_hash,
        subset_hash=first.subset_hash,
        seconds=round(spent, 3),
        versions=versions(),
        device=device_of(first),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )
