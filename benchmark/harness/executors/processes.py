"""Runs jobs in processes of one thread each."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from benchmark.defaults import environment
from benchmark.errors import UserError
from benchmark.harness.executors.base import (
    DIED_TWICE,
    OUT_OF_MEMORY,
    J,
    R,
    Results,
    Told,
    always,
    nobody,
    refused,
    worker_variables,
)

_INTERRUPTS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_CONTEXT = multiprocessing.get_context("forkserver")
_ORPHANS = f"{__package__}.orphans"
"""Not imported here, where it would watch over this process's own parent."""


def warm_up(*modules: str) -> None:
    """Starts the process that workers are forked from, and returns while it imports ``modules``.

    Without it, workers import what they need when they get their first job.
    """
    _CONTEXT.set_forkserver_preload([_ORPHANS, *modules])
    started_with = worker_variables() | {"BENCHMARK_PARENT": str(os.getpid())}
    with environment(**started_with), _interrupts_held_back():
        forkserver.ensure_running()


def run_in_processes(
    function: Callable[[J], R],
    jobs: Iterable[J],
    workers: int,
    *,
    begin: Callable[[J], bool] = always,
    lost: Callable[[J, UserError], R] = refused,
    told: Told = nobody,
    until: float | None = None,
) -> Results[R]:
    """In ``workers`` processes that live until all is done; results come as they are finished.

    Closing the iterator, or an exception in it, ends the processes at once, as does the time
    ``until``. A process that dies takes nothing with it but its job. See `base.Executor`.
    """
    warm_up()
    line, end = _CONTEXT.Pipe(duplex=False)
    slots = [_Slot(line) for _ in range(workers)]
    again: list[J] = []
    try:
        for job, future in _finished(function, filter(begin, jobs), slots, until):
            if (cause := _cause(future)) is None:
                yield future.result()
            else:
                told("a process died, or had too little memory: its trial is run again by itself")
                again.append(job)
        for job, future in _finished(function, again, slots[:1], until):
            cause = _cause(future)
            yield future.result() if cause is None else lost(job, cause)
        for slot in slots:
            slot.leave()
    except _OverError:
        pass
    finally:
        end.close()  # whoever still runs ends now
        for slot in slots:
            slot.leave(wait=False)
        line.close()


def _cause(future: Future[Any]) -> UserError | None:
    """Why the job is to be run again; raises nothing. None: it has a result, or its own error."""
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        return DIED_TWICE
    return OUT_OF_MEMORY if isinstance(error, MemoryError) else None


class _OverError(Exception):
    """The time is over, and something still runs."""


def _finished(
    function: Callable[[J], R],
    jobs: Iterable[J],
    slots: Sequence[_Slot],
    until: float | None,
) -> Iterator[tuple[J, Future[R]]]:
    """Each job with its future as soon as that is done; its slot has the next job by then.

    Raises `_OverError`.
    """
    waiting, idle = iter(jobs), list(slots)
    running: dict[Future[R], tuple[J, _Slot]] = {}
    done: list[tuple[J, Future[R]]] = []
    while True:
        for job in itertools.islice(waiting, len(idle)):
            slot = idle.pop()
            running[slot.submit(function, job)] = job, slot
        yield from done
        if not running:
            return
        left = None if until is None else max(0.0, until - time.time())
        ended = wait(running, left, FIRST_COMPLETED).done
        if not ended:
            raise _OverError
        done = [(running[future][0], future) for future in ended]
        idle += [running.pop(future)[1] for future in ended]


class _Slot:
    """One process, and another one once that has died.

    A pool of several would break as a whole, and not say which job its process died of.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        variables = dict(os.environ) | worker_variables()
        given = (variables, self._line)
        return ProcessPoolExecutor(1, _CONTEXT, initializer=_start_worker, initargs=given)

    def submit(self, function: Callable[[J], R], job: J) -> Future[R]:
        """To be called when the last job is done."""
        with _interrupts_held_back():
            try:
                return self._pool.submit(function, job)
            except (BrokenProcessPool, OSError):  # the latter: killed while it is started
                self._pool.shutdown(wait=False, cancel_futures=True)
                warm_up()  # it may be the process that workers are forked from that died
                self._pool = self._new()
                return self._pool.submit(function, job)

    def leave(self, *, wait: bool = True) -> None:
        """Takes no more jobs; ``wait``: until the process is gone."""
        self._pool.shutdown(wait=wait, cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that start meanwhile never see Ctrl-C, or a terminal or a batch system that asks
    all to end: the parent alone decides what it means."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        resource_tracker.ensure_running()  # a process, too; its start lets some through again
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(variables: dict[str, str], line: Connection) -> None:
    os.environ.clear()  # its own is as old as the process that it was forked from
    os.environ.update(variables)
    threading.Thread(target=_leave_with_parent, args=(line,), daemon=True).start()


def _leave_with_parent(line: Connection) -> None:
    """Ends this process when its parent closes the other end, or is killed and so closes it.

    Not by an event: to set one waits for all that wait for it, even for those that were killed.
    """
    with contextlib.suppress(EOFError, OSError):
        line.recv_bytes()
    os._exit(1)
