"""What runs on another machine."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.harness.executors.base import Portable
from benchmark.harness.executors.here import one_thread


@dataclass(frozen=True)
class Came:
    """What came of a job on another machine."""

    result: Any = None
    out_of_memory: bool = False


@dataclass(frozen=True)
class Report:
    """Of all jobs that travelled together."""

    came: list[Came]
    seconds: float
    gpu_share: float
    """Of its memory, that these jobs and whatever ran beside them used."""


def run_there(
    function: Portable, jobs: Sequence[Any], keys: Sequence[Hashable], *things: Any
) -> Report:
    """Runs there; what is brought are views of the machine's shared memory."""
    brought, started = dict(zip(keys, things, strict=True)), time.perf_counter()
    came = []
    with one_thread():
        for job in jobs:
            try:
                came.append(Came(function.away(job, brought)))
            except MemoryError:
                came.append(Came(out_of_memory=True))
    device = function.device(jobs[0])
    return Report(came, time.perf_counter() - started, _used(device))


def _used(device: str) -> float:
    import torch

    if device == "cpu":
        return 0.0
    free, whole = torch.cuda.mem_get_info()
    return 1.0 - free / whole
