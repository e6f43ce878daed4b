"""A sweep: the planned trials minus the stored ones are run, and each record is stored at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UserError
from benchmark.harness import executors
from benchmark.harness.job import Job
from benchmark.harness.job import run as run_job
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.record import Record
from benchmark.records.store import Told


def missing(root: Path, jobs: Sequence[Job], told: Told = lambda fault: None) -> list[Job]:
    """The jobs without a current record, the longest first so that all processes end together.

    ``told`` learns of each file that lies in a record's place and is none, or another's.
    """
    todo = [job for job in jobs if current(root, job, told) is None]
    return sorted(todo, key=_cost, reverse=True)


def current(root: Path, job: Job, told: Told = lambda fault: None) -> Record | None:
    """The record that the job would make, if it is stored."""
    if not store.path_of(root, job.trial).exists():
        return None
    try:
        record = store.load_trial(root, job.trial)
    except UserError as fault:
        told(fault)
        return None
    return record if job.has_made(record) else None


def _cost(job: Job) -> tuple[int, int]:
    """Orders jobs by the pixels that they train on; of equals, fewer images end earlier."""
    return job.recipe.views * job.image_size**2, job.trial.images_per_class


@dataclass(frozen=True)
class _Attempt:
    """Runs a job in whatever process; one that fails with words for people is one failure."""

    function: Callable[[Job], Record]

    def __call__(self, job: Job) -> tuple[Job, Record | UserError]:
        try:
            return job, self.function(job)
        except UserError as error:
            return job, error


def run(
    root: Path,
    jobs: Sequence[Job],
    workers: int,
    watch: Watch | None = None,
    *,
    what: str = "",
    function: Callable[[Job], Record] = run_job,
) -> Iterator[Record]:
    """Runs what is missing and stores each record before it is yielded.

    Raises `UserError` before the first training where records cannot be written. A trial that
    fails with one is the watch's business; the rest goes on if that goes on.
    """
    watch = watch or Watch()
    todo = missing(root, jobs, watch.set_aside)
    store.prepare(root, (job.trial for job in todo))
    watch.starts(what, len(jobs), len(todo))
    started = time.perf_counter()
    # A full disk ends the processes at once: none trains what can no longer be stored.
    with contextlib.closing(executors.run(_Attempt(function), todo, workers)) as results:
        for job, result in results:
            if isinstance(result, UserError):
                watch.failed(job.trial, result)
                continue
            store.save(root, result)
            watch.finished(result)
            yield result
    if todo:
        watch.ended(len(todo), time.perf_counter() - started)


def stored(root: Path, jobs: Sequence[Job]) -> list[Record]:
    """The current records of the jobs; raises `UserError` if there is none at all."""
    records = [record for job in jobs if (record := current(root, job)) is not None]
    if not records:
        raise UserError("none of these trials has a current record", where=root)
    return records
