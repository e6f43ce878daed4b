"""The main job: run what is missing of a selection, then say what all of it means."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.analysis.board import Board
from benchmark.defaults import LOCAL, MARGIN
from benchmark.harness import sweep
from benchmark.harness.job import Job
from benchmark.harness.judged import judged
from benchmark.harness.plan import Plan
from benchmark.harness.watch import Watch
from benchmark.records import store


def bench(
    plan: Plan,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
    watch: Watch | None = None,
) -> list[Board]:
    """Runs what is not stored below ``records`` yet; returns one board per task and backbone.

    ``margin``: gain that counts as no help, 0..1. Raises `UserError` for data or weights that
    cannot be had, and where records cannot be stored.
    """
    deque(sweep.run(records, plan.jobs, workers, watch), maxlen=0)
    _say_pretrained_on(records, plan.jobs)
    return judged(sweep.stored(records, plan.jobs), records, margin, watch)


def _say_pretrained_on(records: Path, jobs: Sequence[Job]) -> None:
    """Writes what the user says of the weights into records that were made before it was said."""
    for job in jobs:
        said, record = job.pretrained_on, sweep.current(records, job)
        if said is not None and record is not None and record.pretrained_on != said:
            store.save(records, replace(record, pretrained_on=said))
