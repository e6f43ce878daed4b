"""A sweep: the planned trials minus the stored ones are run, and each record is stored at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.errors import UserError
from benchmark.harness import executors
from benchmark.harness.job import Job
from benchmark.harness.job import run as run_job
from benchmark.harness.limit import Limit, most_decisive_first
from benchmark.harness.watch import Watch
from benchmark.records import claims, store
from benchmark.records.record import Record, Trial
from benchmark.records.store import Told

_SECONDS = 0.5
"""Between two looks at what another sweep does."""


def missing(root: Path, jobs: Sequence[Job], told: Told = lambda fault: None) -> list[Job]:
    """The jobs without a current record, the longest first so that all processes end together.

    ``told`` learns of each file that lies in a record's place and is none, or another's.
    """
    todo = [job for job in jobs if current(root, job, told) is None]
    return sorted(todo, key=_cost, reverse=True)


def current(root: Path, job: Job, told: Told = lambda fault: None) -> Record | None:
    """The record that the job would make, if it is stored."""
    found = store.load_trial(root, job.trial, job.fingerprint, told)
    return next(filter(job.has_made, found), None)


def _place(root: Path, job: Job) -> Path:
    return store.path_of(root, job.trial, job.fingerprint)


def _cost(job: Job) -> tuple[int, int]:
    """Orders jobs by the pixels that they train on; of equals, fewer images end earlier."""
    return job.recipe.all_views * job.image_size**2, job.trial.images_per_class


@dataclass(frozen=True)
class _Attempted:
    """What came of a job: a record, an error, or, if neither, that another sweep has it."""

    job: Job
    record: Record | None = None
    error: UserError | None = None
    run_here: bool = True
    """False: another sweep has made the record."""
    in_time: bool = True
    """False: it would not have ended in time, and was not begun."""


@dataclass(frozen=True)
class _Attempt:
    """Runs a job in whatever process, unless another sweep does so, and stores its record."""

    root: Path
    function: Callable[[Job], Record]
    limit: Limit | None = None

    def __call__(self, job: Job) -> _Attempted:
        if self.limit is not None and not self.limit.allows(job.trial):
            return _Attempted(job, in_time=False)
        with claims.claim(_place(self.root, job)) as mine:
            if not mine:
                return _Attempted(job)
            if record := current(self.root, job):
                return _Attempted(job, record, run_here=False)
            try:
                record = self.function(job)
            except UserError as error:
                return _Attempted(job, error=error)
            store.save(self.root, record)  # a disk that is full ends the sweep
            return _Attempted(job, record)


def run(
    root: Path,
    jobs: Sequence[Job],
    workers: int,
    watch: Watch | None = None,
    *,
    what: str = "",
    function: Callable[[Job], Record] = run_job,
    limit: Limit | None = None,
) -> Iterator[Record]:
    """Runs what is missing and stores each record before it is yielded.

    With a ``limit`` the most decisive trials come first, and none is begun that would not end in
    time; what still trains when it is over is ended.

    Several sweeps on one ``root`` share the work; each yields what it has run itself. Raises
    `UserError` before the first training where records cannot be written. A trial that fails with
    one is the watch's business; the rest goes on if that goes on.
    """
    watch = watch or Watch()
    todo = missing(root, jobs, watch.set_aside)
    if limit is not None:
        of_trial = {job.trial: job for job in todo}
        todo = [of_trial[trial] for trial in most_decisive_first(list(of_trial))]
    store.prepare(root, (job.trial for job in todo))
    store.clear(root, (job.trial for job in jobs))
    claims.clear(_place(root, job) for job in jobs)
    watch.starts(what, len(jobs), len(todo))
    started, count = time.perf_counter(), 0
    attempts = _attempts(_Attempt(root.absolute(), function, limit), todo, workers, watch)
    # A full disk ends the processes at once: none trains what can no longer be stored.
    with contextlib.closing(attempts):
        for one in attempts:
            if one.error is not None:
                watch.failed(one.job.trial, one.error)
            elif one.record is not None and one.run_here:
                count += 1
                watch.finished(one.record)
                yield one.record
            elif one.record is not None:
                watch.found(one.record)
    if todo:
        watch.ended(count, time.perf_counter() - started)


def _attempts(
    attempt: _Attempt, todo: Sequence[Job], workers: int, watch: Watch
) -> Generator[_Attempted, None, None]:
    """One for each job; what another sweep has comes last, made by it or, if it died, here."""
    elsewhere: dict[Trial, Job] = {}
    limit = attempt.limit
    while (todo or elsewhere) and (limit is None or limit.left > 0):
        until = None if limit is None else limit.at
        with contextlib.closing(executors.run(attempt, todo, workers, until)) as results:
            for one in results:
                if not one.in_time:
                    continue
                if one.record is None and one.error is None:
                    elsewhere[one.job.trial] = one.job
                else:
                    yield one
        todo = []
        free = [t for t, job in elsewhere.items() if claims.is_free(_place(attempt.root, job))]
        for job in map(elsewhere.pop, free):
            if record := current(attempt.root, job):
                yield _Attempted(job, record, run_here=False)
            else:
                todo.append(job)
        if elsewhere and not free:
            watch.waits(len(elsewhere))
            time.sleep(_SECONDS)


class NothingStoredError(UserError):
    """Not one trial has a record."""


def stored(root: Path, jobs: Sequence[Job]) -> list[Record]:
    """The current records of the jobs; raises `NothingStoredError` if there is none at all."""
    records = [record for job in jobs if (record := current(root, job)) is not None]
    if not records:
        raise NothingStoredError(
            "none of these trials has a current record", where=root, mend="run them again"
        )
    return records


def say_pretrained_on(root: Path, jobs: Sequence[Job]) -> None:
    """Writes what the user says of the weights into records that were made before it was said."""
    for job in jobs:
        said = job.pretrained_on
        record = current(root, job) if said is not None else None
        if said is not None and record is not None and record.pretrained_on != said:
            store.save(root, replace(record, pretrained_on=said))
