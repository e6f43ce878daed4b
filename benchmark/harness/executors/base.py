"""What every way to run jobs has in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from benchmark.errors import UserError

J = TypeVar("J")
R = TypeVar("R")

Results = Generator[R, None, None]
"""Results as they are finished; closing it ends what still runs."""

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Two-threaded torch beside other processes was 5 to 17 times slower."""
_MEMORY = "GLIBC_TUNABLES"
_KEPT_IN_LARGE_PAGES = ":".join(
    f"glibc.malloc.{name}={number}"
    for name, number in (("hugetlb", 1), ("mmap_threshold", 2**30), ("trim_threshold", 2**32))
)
"""What a step frees, the next one needs again: steps take up to a tenth less time where it is not
given back in between, and lies in large pages. Read at the start of a process."""


def worker_variables() -> dict[str, str]:
    """Environment variables of a process that trains; settings of memory that are there stay."""
    return {**_ONE_THREAD, _MEMORY: os.environ.get(_MEMORY, _KEPT_IN_LARGE_PAGES)}


Told = Callable[[str], object]
"""Is told what is worth knowing of processes and machines, a line each."""


class Executor(Protocol):
    """A way to run a function over jobs.

    ``begin`` is asked here, before a job is sent out, whether it is still to be run: few jobs are
    out at any time, however many there are. A job whose process dies, or that ends in a
    MemoryError, is run once more with nothing beside it; if that ends alike, ``lost`` says what
    comes of it, or raises. What else a job raises is raised. ``until``: seconds since the epoch at
    which the results end, and with them whatever still runs.
    """

    def __call__(
        self,
        function: Callable[[J], R],
        jobs: Sequence[J],
        workers: int,
        *,
        begin: Callable[[J], bool] = ...,
        lost: Callable[[J, UserError], R] = ...,
        told: Told = ...,
        until: float | None = ...,
    ) -> Results[R]:
        """At most ``workers`` jobs at once, where the way leaves that open."""


Needs = Mapping[Hashable, Callable[[], Any]]
"""Key -> loads it from this machine's disk. What has one key is the same."""


@runtime_checkable
class Portable(Protocol):
    """A function of a job that also runs where this machine's disk is out of reach."""

    def needs(self, job: Any) -> Needs:
        """What has to be brought there; it is loaded once for all jobs that need it."""

    def device(self, job: Any) -> str:
        """What it runs on: cpu or cuda."""

    def away(self, job: Any, brought: Mapping[Hashable, Any]) -> Any:
        """The function's result, from what was brought."""


def always(job: Any) -> bool:
    """Every job is to be run."""
    return True


def nobody(line: str) -> None:
    """Nobody wants to know."""


def refused(job: Any, error: UserError) -> Any:
    """A job that cannot be run ends all."""
    raise error


DIED_TWICE = UserError(
    "its process died, and did so again with nothing beside it: most likely for want of memory",
    mend="run it on a machine with more memory, or with smaller images",
)
OUT_OF_MEMORY = UserError(
    "there is too little memory for it, even with nothing beside it",
    mend="run it on a machine with more memory, or with smaller images",
)


def default_workers() -> int:
    """One process per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
