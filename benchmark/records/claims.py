"""Who trains a trial, where several sweeps share one folder of records.

A claim is a lock of the operating system on a file beside the record's place. It goes with the
process that holds it, however that ends, so that none is ever stale.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from benchmark.records import store
from benchmark.records.record import Trial


@contextlib.contextmanager
def claim(root: Path, trial: Trial) -> Iterator[bool]:
    """Whether ``trial`` is this process's to train until the block ends; False: it is another's.

    The trial's folder has to exist. Always true where the file system knows no locks.
    """
    with _held(_file(root, trial)) as held:
        yield held


def _file(root: Path, trial: Trial) -> Path:
    path = store.path_of(root, trial)
    return path.with_name(f".{path.stem}.claim")


@contextlib.contextmanager
def _held(file: Path) -> Iterator[bool]:
    lock = FileLock(file)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError):
        yield True
        return
    try:
        yield True
    finally:
        # Still locked: whoever waits for this very file finds it gone, and the record there.
        with contextlib.suppress(OSError):
            file.unlink()
        lock.release()


def is_free(root: Path, trial: Trial) -> bool:
    """Whether no process trains ``trial`` at this moment."""
    with claim(root, trial) as free:
        return free


def clear(root: Path, trials: Iterable[Trial]) -> None:
    """Removes the files that killed processes left of claims on these trials."""
    for trial in trials:
        if _file(root, trial).exists():
            is_free(root, trial)
