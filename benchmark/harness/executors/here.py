"""Runs jobs in this process, one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from benchmark.errors import UserError
from benchmark.harness.executors.base import (
    OUT_OF_MEMORY,
    J,
    R,
    Results,
    Told,
    always,
    nobody,
    refused,
)


def run_here(
    function: Callable[[J], R],
    jobs: Iterable[J],
    *,
    begin: Callable[[J], bool] = always,
    lost: Callable[[J, UserError], R] = refused,
    told: Told = nobody,
) -> Results[R]:
    """In order, each with one torch thread; nothing is ever beside it. See `base.Executor`."""
    for job in filter(begin, jobs):
        with one_thread():
            try:
                result = function(job)
            except MemoryError:
                result = lost(job, OUT_OF_MEMORY)
        yield result


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Inside, torch uses one."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
