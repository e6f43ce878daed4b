"""A sweep: the planned trials minus the stored ones are run, and each record is stored at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmark.errors import UserError
from benchmark.harness import executors
from benchmark.harness.job import Job
from benchmark.harness.job import run as run_job
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.record import Record


def missing(root: Path, jobs: Sequence[Job]) -> list[Job]:
    """The jobs without a current record, the longest first so that all processes end together."""
    todo = [job for job in jobs if not store.is_stored(root, job.trial, job.fingerprint)]
    return sorted(todo, key=_cost, reverse=True)


def _cost(job: Job) -> tuple[int, int]:
    """Orders jobs by the pixels that they train on; of equals, fewer images end earlier."""
    return job.recipe.views * job.image_size**2, job.trial.images_per_class


def run(
    root: Path,
    jobs: Sequence[Job],
    workers: int,
    watch: Watch | None = None,
    *,
    what: str = "",
    function: Callable[[Job], Record] = run_job,
) -> Iterator[Record]:
    """Runs what is missing and stores each record before it is yielded."""
    watch = watch or Watch()
    todo = missing(root, jobs)
    watch.starts(what, len(jobs), len(todo))
    started = time.perf_counter()
    # A full disk ends the processes at once: none trains what can no longer be stored.
    with contextlib.closing(executors.run(function, todo, workers)) as results:
        for record in results:
            store.save(root, record)
            watch.finished(record)
            yield record
    if todo:
        watch.ended(len(todo), time.perf_counter() - started)


def stored(root: Path, jobs: Sequence[Job]) -> list[Record]:
    """The current records of the jobs; raises `UserError` if one is missing."""
    records = []
    for job in jobs:
        record = store.load_file(store.path_of(root, job.trial))
        if record.fingerprint != job.fingerprint:
            raise UserError("this record is stale", where=store.path_of(root, job.trial))
        records.append(record)
    return records
