"""Who trains a trial, where several sweeps share one folder of records.

A lock is one of the operating system on a file beside the record's place. It goes with the process
that holds it, however that ends, so that none is ever stale.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def hold(place: Path) -> Iterator[bool]:
    """Whether the record at ``place`` is this process's to make until the block ends.

    False: it is another's. The folder has to exist. Always true where the file system knows no
    locks.
    """
    with _held(_file(place)) as held:
        yield held


def _file(place: Path) -> Path:
    return place.with_name(f".{place.stem}.lock")


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


def is_free(place: Path) -> bool:
    """Whether no process makes the record at ``place`` at this moment."""
    with hold(place) as free:
        return free


def clear(places: Iterable[Path]) -> None:
    """Removes the files that killed processes left of locks on these records."""
    for place in places:
        if _file(place).exists():
            is_free(place)
