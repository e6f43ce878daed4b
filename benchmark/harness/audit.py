"""Runs the deciding cells of a verdict again with other settings, for the certificate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmark import files
from benchmark.analysis.board import SCRATCH, Board, boards
from benchmark.analysis.certificate import deciding_sizes
from benchmark.analysis.scores import Score, score_of
from benchmark.defaults import COMMAND, LOCAL, MARGIN, option
from benchmark.errors import UserError
from benchmark.harness import executors, sweep
from benchmark.harness.executors import Executor
from benchmark.harness.job import Job
from benchmark.harness.judged import folder, judged
from benchmark.harness.plan import Plan
from benchmark.harness.watch import Watch
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import ALTERNATIVES, alters
from benchmark.records.record import Trial


def cells(board: Board, jobs: Sequence[Job], scores: Iterable[Score]) -> dict[str, list[Job]]:
    """Alternative -> the jobs to run again: the cells that decide a verdict of ``board``.

    ``scores`` are those of the jobs' records. A job that an alternative does not alter is left out.
    Raises `UserError` if there is no verdict that a certificate could be for.
    """
    wanted: set[tuple[str, int]] = set()
    for arm, comparison in board.comparisons.items():
        sizes = deciding_sizes(comparison.verdict)
        wanted |= {(name, n) for name in (SCRATCH, arm) for n in sizes}
    chosen = [job for job in jobs if (job.trial.arm, job.trial.images_per_class) in wanted]
    if not chosen:
        raise UserError(
            f"{board.task} with {board.backbone} has no verdict to certify",
            mend=f"run {COMMAND} bench with scratch and a pretrained arm first",
        )
    cooled_down = {score.trial for score in scores if score.cooled_down}
    return {name: list(_varied(chosen, name, cooled_down)) for name in ALTERNATIVES}


def _varied(jobs: Iterable[Job], alternative: str, cooled_down: Set[Trial]) -> Iterator[Job]:
    """Those with a recipe that can be varied: a probe's cannot."""
    for job in jobs:
        again = job.varied(alternative)
        if again is not None and alters(alternative, job.trial in cooled_down, PROTOCOL):
            yield again


@dataclass(frozen=True)
class Round:
    """The deciding cells of one board under one alternative."""

    what: str
    """Task, backbone and alternative in words."""
    folder: Path
    """Where its records lie."""
    jobs: tuple[Job, ...]

    @property
    def missing(self) -> list[Job]:
        """Those that are not stored yet."""
        return sweep.missing(self.folder, self.jobs)


def rounds(plan: Plan, records: Path, margin: float = MARGIN) -> list[Round]:
    """What the verdicts on the stored trials of a plan have to go through.

    Raises `UserError` where there is no verdict to certify.
    """
    own = [score_of(record) for record in sweep.stored(records, plan.jobs)]
    found = []
    for board in boards(own, margin):
        here = [job for job in plan.jobs if _belongs(job, board)]
        for alternative, again in cells(board, here, own).items():
            what = f"{board.task} with {board.backbone}, {alternative}"
            found.append(Round(what, folder(records, alternative), tuple(again)))
    return found


def audit(
    plan: Plan,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
    watch: Watch | None = None,
    before: Callable[[list[Job]], object] = lambda missing: None,
    *,
    executor: Executor = executors.run,
) -> list[Board]:
    """Runs what is missing of a plan, then its deciding cells with other recipes; gives the boards.

    ``before`` is told of the missing trials of the deciding cells before any of them runs. Raises
    `UserError` where there is no verdict to certify, and as `bench` does.
    """
    for alternative in ALTERNATIVES:
        files.prepare(
            folder(records, alternative), mend=f"choose another folder with {option('records')}=..."
        )
    run = partial(sweep.run, executor=executor)
    deque(run(records, plan.jobs, workers, watch), maxlen=0)
    again = rounds(plan, records, margin)
    if left := missing(again):
        before(left)
    for one in again:
        deque(run(one.folder, one.jobs, workers, watch, what=one.what), maxlen=0)
    return judged(sweep.stored(records, plan.jobs), records, margin, watch)


def missing(again: Iterable[Round]) -> list[Job]:
    """The trials of all rounds that are not stored yet."""
    return [job for one in again for job in one.missing]


def _belongs(job: Job, board: Board) -> bool:
    return (job.trial.task, job.trial.backbone) == (board.task, board.backbone)
