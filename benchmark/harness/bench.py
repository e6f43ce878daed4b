"""The main job: run what is missing of a selection, then say what all of it means."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from benchmark.analysis.board import Board
from benchmark.defaults import LOCAL, MARGIN
from benchmark.harness import executors, sweep
from benchmark.harness.executors import Executor
from benchmark.harness.judged import judged
from benchmark.harness.limit import Limit
from benchmark.harness.plan import Plan
from benchmark.harness.watch import Watch


def bench(
    plan: Plan,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
    watch: Watch | None = None,
    *,
    executor: Executor = executors.run,
    limit: Limit | None = None,
) -> list[Board]:
    """Runs what is not stored below ``records`` yet; returns one board per task and backbone.

    As far as it can be done within the ``limit``. ``margin``: gain that counts as no help, 0..1.
    Raises `UserError` for data or weights that cannot be had, and where records cannot be stored.
    """
    made = sweep.run(records, plan.jobs, workers, watch, executor=executor, limit=limit)
    deque(made, maxlen=0)
    sweep.say_pretrained_on(records, plan.jobs)
    return judged(sweep.stored(records, plan.jobs), records, margin, watch)
