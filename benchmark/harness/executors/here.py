"""Runs jobs in this process, one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from benchmark.harness.executors.base import J, R, Results


def run_here(function: Callable[[J], R], jobs: Sequence[J]) -> Results[R]:
    """In order, each with one torch thread."""
    for job in jobs:
        with _one_thread():
            result = function(job)
        yield result


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
