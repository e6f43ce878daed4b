"""What many records cost apart from training them: planning, the scan for stored ones, tables."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.analysis import board as leaderboard
from benchmark.analysis.scores import score_of
from benchmark.harness import sweep
from benchmark.harness.job import Job
from benchmark.pages import csv_files
from benchmark.records import store
from benchmark.records.record import Record

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)


@dataclass(frozen=True)
class Scale:
    """What many trials cost apart from training them."""

    trials: int
    plan_seconds: float
    """Planning, and finding out which of them are stored."""
    tables_seconds: float
    """Reading every record, verdicts and tables."""
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.plan_seconds + self.tables_seconds


def scale(record: Record, job: Job, trials: int) -> Scale:
    """Stores ``trials`` copies of ``record`` under different names, then plans and reads them."""
    with _scratch_folder() as folder:
        for one in _jobs(job, trials):
            copy = replace(record, trial=one.trial, fingerprint=one.fingerprint)
            store.save(folder, copy)
        started = time.perf_counter()
        left = sweep.missing(folder, _jobs(job, trials))
        planned = time.perf_counter()
        scores = map(score_of, store.load(folder))
        csv_files.leaderboard(leaderboard.boards(scores))
        ended = time.perf_counter()
    assert not left
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Scale(trials, planned - started, ended - planned, peak)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """In memory where the system offers it: writing 100,000 files to a disk takes minutes."""
    where = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


def _jobs(job: Job, trials: int) -> list[Job]:
    """Tasks of 300 trials each: three arms, ten N, ten seeds."""
    arms = ("scratch", "finetune", "probe")
    return [
        _numbered(job, i // 300, arms[i % 3], 1 + i // 3 % 10, i // 30 % 10) for i in range(trials)
    ]


def _numbered(job: Job, task: int, arm: str, n: int, seed: int) -> Job:
    trial = replace(job.trial, task=f"task{task}", arm=arm, images_per_class=n, seed=seed)
    return replace(job, trial=trial)
