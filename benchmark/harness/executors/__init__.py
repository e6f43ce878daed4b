"""Ways to run a function over jobs; each way has a file, and none knows what a job is.

`run` picks one. A new way is a new file with a function like `run_here`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmark.harness.executors.base import J, R, Results, default_workers
from benchmark.harness.executors.here import run_here
from benchmark.harness.executors.processes import run_in_processes, warm_up

__all__ = ["Results", "default_workers", "run", "run_here", "run_in_processes", "warm_up"]


def run(
    function: Callable[[J], R], jobs: Sequence[J], workers: int, until: float | None = None
) -> Results[R]:
    """In as many processes as ``workers`` says and ``jobs`` can use; one job runs here.

    ``until``: seconds since the epoch at which whatever still runs is ended, which takes a process.
    """
    useful = min(workers, len(jobs))
    if useful < 2 and (until is None or not jobs):
        return run_here(function, jobs)
    return run_in_processes(function, jobs, useful, until)
