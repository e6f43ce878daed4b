"""From somebody's images to advice, within the minutes that there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.advice import report, sizes
from benchmark.advice.content import Advice, Size
from benchmark.advice.fitting import Fitted, fitted
from benchmark.advice.looked import Looked, look
from benchmark.advice.numbers import numbers
from benchmark.analysis.board import Board
from benchmark.defaults import ARMS, LOCAL, MARGIN, MINUTES, option
from benchmark.errors import UserError
from benchmark.harness import adaptive, bench
from benchmark.harness.grown import Aim
from benchmark.harness.limit import Limit
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.sweep import NothingStoredError
from benchmark.harness.watch import Watch
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.proposal.dealing import Dealt

_WRITING = 10.0
_WRITING_SHARE = 0.03
"""Seconds, and share of the time, that tables, figures and pages take."""
_SIZES_SHARE = 0.2
"""Of the time, at most, for probes at two image sizes: with many images they take long."""


@dataclass(frozen=True)
class Advised:
    """What came of it."""

    advice: Advice
    board: Board
    task: Task
    """As it was run, its budget made smaller where need be."""
    backbone: str
    """As the user gave it."""
    looked: Looked | None


def advise(
    task: Task,
    backbone: str,
    minutes: float = MINUTES,
    *,
    started: float | None = None,
    dealt: Dealt | None = None,
    arms: Sequence[str] = ARMS,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
    watch: Watch | None = None,
    tell: Callable[[Fitted], object] = lambda plan: None,
) -> Advised:
    """Runs what decides the most of a task within ``minutes`` and says what it means.

    ``started``: when the minutes began, in seconds since the epoch; now, unless it is said.
    ``dealt``: how the images were dealt out, if that is known. ``tell`` hears the plan before
    anything is trained. What is stored below ``records`` is not run again. Raises `UserError` for
    data or weights that cannot be had, and where not one training ended in time.
    """
    watch = watch or Watch()
    at = (time.time() if started is None else started) + 60 * minutes
    at -= _WRITING + _WRITING_SHARE * 60 * minutes
    plan = fitted(task, backbone, at, workers, records, arms)
    tell(plan)
    size = _sizes(plan, records, workers, watch)
    board = _board(plan, records, margin, workers, watch, minutes)
    (as_run,) = plan.selection.tasks
    notes = (*plan.notes, *_about_split(dealt))
    return advice_of(board, as_run, backbone, records, margin, size, notes)


def advice_of(
    board: Board,
    task: Task,
    backbone: str,
    records: Path,
    margin: float = MARGIN,
    size: Size | None = None,
    notes: Sequence[str] = (),
) -> Advised:
    """What a board says, with what is known of the images that its records rest on."""
    looked = look(board, task, records)
    return Advised(numbers(board, margin, looked, size, notes), board, task, backbone, looked)


def written(advised: Advised, records: Path, told: report.Told) -> Path:
    """Writes the advice with its figures and returns the folder."""
    out = report.folder(records, advised.board)
    report.write(advised.advice, advised.board, advised.task, advised.looked, out, told)
    return out


def _sizes(plan: Fitted, records: Path, workers: int, watch: Watch) -> Size | None:
    (task,) = plan.selection.tasks
    jobs = prepare(Selection((task,), plan.selection.backbones, ("probe",), seeds=1)).jobs
    largest = max(job.trial.images_per_class for job in jobs)
    limit = Limit(time.time() + _SIZES_SHARE * plan.limit.left, workers=workers)
    return sizes.compared(plan.selection, largest, records, workers, limit, watch)


def _board(
    plan: Fitted, records: Path, margin: float, workers: int, watch: Watch, minutes: float
) -> Board:
    try:
        if plan.trains:
            aim = Aim(margin, limit=plan.limit)
            (board,) = adaptive.bench(plan.selection, records, aim, workers, watch)
        else:
            jobs = prepare(plan.selection)
            (board,) = bench.bench(jobs, records, margin, workers, watch, limit=plan.limit)
    except NothingStoredError as error:
        raise UserError(
            f"not one training ended within {minutes:g} minutes",
            mend=f"allow more: {option('minutes')}=...",
        ) from error
    return board


def _about_split(dealt: Dealt | None) -> list[str]:
    if dealt is None:
        return []
    unused = [f"Not used for anything, {n} images: {why}." for why, n in dealt.left_out.items()]
    return [*unused, *(f"{note[:1].upper()}{note[1:]}." for note in dealt.notes)]
