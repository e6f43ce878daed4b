"""Runs trials where they decide: asks what to run next, runs it, and asks again.

Nothing but the records is remembered between two questions: a run that was stopped goes on by
asking again, and several on the same records share the work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.analysis.board import Board
from benchmark.analysis.next_trials import Stop
from benchmark.defaults import COMMAND, switch
from benchmark.errors import UserError
from benchmark.harness import executors, sweep
from benchmark.harness.executors import Executor
from benchmark.harness.grown import Aim, Grown
from benchmark.harness.job import Job
from benchmark.harness.judged import judged
from benchmark.harness.plan import Plan, Selection, prepare
from benchmark.harness.watch import Watch


def bench(
    selection: Selection,
    records: Path,
    aim: Aim,
    workers: int = 1,
    watch: Watch | None = None,
    *,
    executor: Executor = executors.run,
) -> list[Board]:
    """Runs trials of the selection where they decide; returns one board per task and backbone.

    The verdict on fine-tuning, or without it on the first pretrained arm, says which N get how many
    seeds, and every arm gets the same; the selection's own number of seeds counts for nothing.
    Raises `UserError` as `bench.bench` does, and where there are no two arms to compare.
    """
    watch = watch or Watch()

    def run(todo: Sequence[Job]) -> None:
        records_made = sweep.run(records, todo, workers, watch, executor=executor, limit=aim.limit)
        deque(records_made, maxlen=0)

    jobs: list[Job] = []
    for one in selection.apart():
        jobs += _run(Grown.stored(one, records), records, aim, run, watch)
    sweep.say_pretrained_on(records, jobs)
    return judged(sweep.stored(records, jobs), records, aim.margin, watch)


def _run(
    grown: Grown, records: Path, aim: Aim, run: Callable[[Sequence[Job]], None], watch: Watch
) -> tuple[Job, ...]:
    """Round after round; returns all jobs of one task and backbone."""
    while True:
        if grown.jobs:
            run(grown.jobs)
        if sweep.missing(records, grown.jobs):
            # Failed by themselves, as the watch was told, and would again; or time is over.
            return grown.jobs
        step = grown.next(records, aim)
        watch.asked(grown.what, step)
        if isinstance(step, Stop):
            return grown.jobs
        grown = grown.after(step)


def upcoming(selection: Selection, records: Path, aim: Aim) -> list[Job]:
    """What the next round of each task and backbone would run."""
    found: list[Job] = []
    for one in selection.apart():
        grown = Grown.stored(one, records)
        left = sweep.missing(records, grown.jobs)
        found += left or sweep.missing(records, grown.after(grown.next(records, aim)).jobs)
    return found


def stored(selection: Selection, records: Path) -> Plan:
    """What is stored of the selection, however many seeds there are at which N.

    Raises `UserError` where that is nothing.
    """
    notes = prepare(replace(selection, seeds=1)).notes
    grown = [Grown.stored(one, records) for one in selection.apart()]
    jobs = tuple(job for one in grown for job in one.jobs if sweep.current(records, job))
    if not jobs:
        raise UserError(
            "nothing of this selection is stored",
            where=records,
            mend=f"run {COMMAND} bench {switch('adapt')} first",
        )
    return Plan(jobs, notes)
