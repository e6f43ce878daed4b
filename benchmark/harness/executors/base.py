"""What every way to run jobs has in common."""

from __future__ import annotations

import os
from collections.abc import Generator
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
