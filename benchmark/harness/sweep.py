"""A sweep: the planned trials minus the stored ones are run, and each record is stored at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmark.errors import UserError
from benchmark.harness import executors
from benchmark.harness.anywhere import ANYWHERE
from benchmark.harness.executors import Executor, Needs, Portable, Results
from benchmark.harness.job import Job, failed
from benchmark.harness.limit import Limit, most_decisive_first
from benchmark.harness.watch import Watch
from benchmark.records import locks, store
from benchmark.records.record import Record, Trial
from benchmark.records.store import Told

_SECONDS = 0.5
"""Between two looks at what another sweep does."""


def missing(root: Path, jobs: Sequence[Job], told: Told = lambda fault: None) -> list[Job]:
    """The jobs without a current record, the longest first so that all processes end together.

    ``told`` learns of each file that lies in a record's place and is none, or another's.
    """
    todo = [job for job in jobs if current(root, job, told) is None]
    return sorted(todo, key=cost, reverse=True)


def current(root: Path, job: Job, told: Told = lambda fault: None) -> Record | None:
    """The record that the job would make, if it is stored."""
    found = store.load_trial(root, job.trial, job.fingerprint, told)
    return next(filter(job.has_made, found), None)


def _place(root: Path, job: Job) -> Path:
    return store.path_of(root, job.trial, job.fingerprint)


def cost(job: Job) -> tuple[int, int]:
    """Orders jobs by the pixels that they train on; of equals, fewer images end earlier."""
    return job.recipe.all_views * job.image_size**2, job.trial.images_per_class


@dataclass(frozen=True)
class _Attempted:
    """What came of a trial: a record or an error."""

    trial: Trial
    record: Record | None = None
    error: UserError | None = None
    run_here: bool = True
    """False: another sweep has made the record."""


@dataclass(frozen=True)
class _Attempt:
    """Runs a job in whatever process, perhaps on another machine; nothing is stored there."""

    function: Callable[[Job], Record]

    def __call__(self, job: Job) -> _Attempted:
        return self._told(job, self.function, job)

    def needs(self, job: Job) -> Needs:
        """What it has to take along where this machine's disk is out of reach."""
        return self.function.needs(job) if isinstance(self.function, Portable) else {}

    def device(self, job: Job) -> str:
        """What it trains on."""
        return job.device

    def away(self, job: Job, brought: Mapping[Hashable, Any]) -> _Attempted:
        """As when called, on another machine."""
        if isinstance(self.function, Portable):
            return self._told(job, self.function.away, job, brought)
        return self(job)

    def _told(self, job: Job, function: Callable[..., Record], *given: Any) -> _Attempted:
        try:
            return _Attempted(job.trial, function(*given))
        except UserError as error:
            return _Attempted(job.trial, error=error)


class _Locks:
    """The trials that this sweep runs; those that another one has are left for later."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[Trial, contextlib.ExitStack] = {}
        self.elsewhere: dict[Trial, Job] = {}

    def take(self, job: Job) -> bool:
        """Whether the job is this sweep's to run."""
        lock = contextlib.ExitStack()
        mine = lock.enter_context(locks.hold(_place(self._root, job)))
        if not mine or current(self._root, job) is not None:
            lock.close()
            self.elsewhere[job.trial] = job
            return False
        self._held[job.trial] = lock
        return True

    def release(self, trial: Trial) -> None:
        """Once its record is stored, or will not be."""
        self._held.pop(trial).close()

    def close(self) -> None:
        """Releases all."""
        for trial in list(self._held):
            self.release(trial)


def run(
    root: Path,
    jobs: Sequence[Job],
    workers: int,
    watch: Watch | None = None,
    *,
    what: str = "",
    function: Callable[[Job], Record] = ANYWHERE,
    executor: Executor = executors.run,
    limit: Limit | None = None,
) -> Iterator[Record]:
    """Runs what is missing and stores each record before it is yielded.

    With a ``limit`` the most decisive trials come first, and none is begun that would not end in
    time; what still trains when it is over is ended.

    Several sweeps on one ``root`` share the work; each yields what it has run itself. Raises
    `UserError` before the first training where records cannot be written. A trial that fails with
    one is the watch's business; the rest goes on if that goes on. One whose process dies, twice, is
    stored as failed.
    """
    watch = watch or Watch()
    todo = missing(root, jobs, watch.set_aside)
    if limit is not None:
        of_trial = {job.trial: job for job in todo}
        todo = [of_trial[trial] for trial in most_decisive_first(list(of_trial))]
    store.prepare(root, (job.trial for job in todo))
    store.clear(root, (job.trial for job in jobs))
    locks.clear(_place(root, job) for job in jobs)
    watch.starts(what, len(jobs), len(todo))
    started, count = time.perf_counter(), 0
    until = None if limit is None else limit.at
    execute = partial(executor, _Attempt(function), workers=workers, until=until)
    attempts = _attempts(root.absolute(), execute, todo, limit, watch)
    # A full disk ends the processes at once: none trains what can no longer be stored.
    with contextlib.closing(attempts):
        for one in attempts:
            if one.error is not None:
                watch.failed(one.trial, one.error)
            elif one.record is not None and one.run_here:
                count += 1
                watch.finished(one.record)
                yield one.record
            elif one.record is not None:
                watch.found(one.record)
    if todo:
        watch.ended(count, time.perf_counter() - started)


def _attempts(
    root: Path,
    execute: Callable[..., Results[_Attempted]],
    todo: Sequence[Job],
    limit: Limit | None,
    watch: Watch,
) -> Generator[_Attempted, None, None]:
    """One for each job that ends within the ``limit``.

    What another sweep has comes last, made by it or, if it died, here.
    """

    def begin(job: Job) -> bool:
        return (limit is None or limit.allows(job.trial)) and own.take(job)

    with contextlib.closing(_Locks(root)) as own:
        while (todo or own.elsewhere) and (limit is None or limit.left > 0):
            results = execute(todo, begin=begin, lost=_lost, told=watch.machines)
            with contextlib.closing(results):
                for one in results:
                    if one.record is not None:
                        store.save(root, one.record)  # a disk that is full ends the sweep
                    own.release(one.trial)
                    yield one
            todo = []
            free = [t for t, job in own.elsewhere.items() if locks.is_free(_place(root, job))]
            for job in map(own.elsewhere.pop, free):
                if record := current(root, job):
                    yield _Attempted(job.trial, record, run_here=False)
                else:
                    todo.append(job)
            if own.elsewhere and not free:
                watch.waits(len(own.elsewhere))
                time.sleep(_SECONDS)


def _lost(job: Job, error: UserError) -> _Attempted:
    """Stored: another run would lose as many processes to it."""
    try:
        return _Attempted(job.trial, failed(job, error.what))
    except UserError as worse:
        return _Attempted(job.trial, error=worse)


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
