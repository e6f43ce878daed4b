"""Runs jobs in processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.synchronize import Event

from benchmark.defaults import environment
from benchmark.errors import UserError
from benchmark.harness.executors.base import ONE_THREAD, J, R, Results

_CONTEXT = multiprocessing.get_context("forkserver")
_ORPHANS = f"{__package__}.orphans"
"""Not imported here, where it would watch over this process's own parent."""


def warm_up(*modules: str) -> None:
    """Starts the process that workers are forked from, and returns while it imports ``modules``.

    Without it, workers import what they need when they get their first job.
    """
    _CONTEXT.set_forkserver_preload([_ORPHANS, *modules])
    with environment(**ONE_THREAD, BENCHMARK_PARENT=str(os.getpid())), _interrupts_held_back():
        forkserver.ensure_running()


def run_in_processes(
    function: Callable[[J], R], jobs: Sequence[J], workers: int, until: float | None = None
) -> Results[R]:
    """In ``workers`` processes that live until all is done; results come as they are finished.

    Closing the iterator, or an exception in it, ends the processes at once, as does the time
    ``until``, in seconds since the epoch; the results end with it. Raises what ``function`` raises,
    and `UserError` if a process dies.
    """
    warm_up()
    stop = _CONTEXT.Event()
    pool = ProcessPoolExecutor(
        workers, _CONTEXT, initializer=_start_worker, initargs=(dict(os.environ) | ONE_THREAD, stop)
    )
    try:
        with _interrupts_held_back():
            futures: list[Future[R]] = [pool.submit(function, job) for job in jobs]
        for future in as_completed(futures, None if until is None else until - time.time()):
            yield future.result()
    except TimeoutError:
        stop.set()
        if until is None or time.time() < until:  # a job's own
            raise
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process died, most likely for want of memory",
            mend="run again with JOBS=1; what is stored already is kept and not trained again",
        ) from error
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=not stop.is_set(), cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that start meanwhile never see Ctrl-C: the parent alone decides what it means."""
    resource_tracker.ensure_running()  # its start would let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(variables: dict[str, str], stop: Event) -> None:
    os.environ.clear()  # its own is as old as the process that it was forked from
    os.environ.update(variables)
    threading.Thread(target=_leave_with_parent, args=(stop,), daemon=True).start()


def _leave_with_parent(stop: Event) -> None:
    """Ends this process when told to, or when its parent was killed and cannot tell."""
    parent = multiprocessing.parent_process()
    while not stop.wait(0.5):
        if parent is None or not parent.is_alive():
            break
    os._exit(1)
