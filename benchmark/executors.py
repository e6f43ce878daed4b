"""Runs a function over jobs, in this process or in several. Knows not what a job is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from typing import TypeVar

from benchmark.errors import UserError

J = TypeVar("J")
R = TypeVar("R")


def default_workers() -> int:
    """One process per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(function: Callable[[J], R], jobs: Sequence[J]) -> Generator[R, None, None]:
    """One after the other, in order."""
    for job in jobs:
        yield function(job)


def run_in_processes(
    function: Callable[[J], R], jobs: Sequence[J], workers: int
) -> Generator[R, None, None]:
    """In ``workers`` processes that live until all is done; results come as they are finished.

    Closing the iterator, or an exception in it, ends the processes at once. Raises what
    ``function`` raises, and `UserError` if a process dies.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    # One thread each: two-threaded torch beside other processes was 5 to 17 times slower.
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    pool = ProcessPoolExecutor(
        workers, context, initializer=_start_worker, initargs=(os.getpid(), stop)
    )
    try:
        futures: list[Future[R]] = [pool.submit(function, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()
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


def _start_worker(parent: int, stop: Event) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(parent, stop), daemon=True).start()


def _leave_with_parent(parent: int, stop: Event) -> None:
    """Ends this process when told to, or when its parent was killed and cannot tell."""
    while not stop.wait(0.5):
        if os.getppid() != parent:
            break
    os._exit(1)
