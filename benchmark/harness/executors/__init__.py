"""Ways to run a function over jobs; each way has a file, and none knows what a job is.

`run` picks one on this machine. A new way is a new file with a function like it, for `named`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from benchmark.errors import UserError
from benchmark.harness.executors.base import (
    Executor,
    J,
    Needs,
    Portable,
    R,
    Results,
    Told,
    always,
    default_workers,
    nobody,
    refused,
)
from benchmark.harness.executors.here import run_here
from benchmark.harness.executors.processes import run_in_processes, warm_up

__all__ = [
    "Executor",
    "Needs",
    "Portable",
    "Results",
    "default_workers",
    "named",
    "run",
    "run_here",
    "run_in_processes",
    "warm_up",
]


def named(name: str) -> AbstractContextManager[Executor]:
    """The way of this name, to be used inside; raises `UserError` where it is not installed."""
    if name == "ray":
        from benchmark.harness.executors import on_ray

        return on_ray.cluster()
    return contextlib.nullcontext(run)


def run(
    function: Callable[[J], R],
    jobs: Sequence[J],
    workers: int,
    *,
    begin: Callable[[J], bool] = always,
    lost: Callable[[J, UserError], R] = refused,
    told: Told = nobody,
    until: float | None = None,
) -> Results[R]:
    """In as many processes as ``workers`` says and ``jobs`` can use; one job runs here.

    With ``until`` it takes a process, too: nothing else could be ended then.
    """
    useful = min(workers, len(jobs))
    if useful < 2 and (until is None or not jobs):
        return run_here(function, jobs, begin=begin, lost=lost, told=told)
    return run_in_processes(function, jobs, useful, begin=begin, lost=lost, told=told, until=until)
