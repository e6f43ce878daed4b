"""What every way to run jobs has in common."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")

Results = Generator[R, None, None]
"""Results as they are finished; closing it ends what still runs."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Two-threaded torch beside other processes was 5 to 17 times slower."""


def default_workers() -> int:
    """One process per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def environment(**changed: str) -> Iterator[None]:
    """Changes this process's environment, for processes that start inside, and puts it back."""
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
