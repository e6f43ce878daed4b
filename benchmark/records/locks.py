"""Who trains a trial, where several sweeps share one folder, and who changes a shared file.

A lock is one of the operating system on a file beside what it is about. It goes with the process
that holds it, however that ends, so that none is ever stale.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

_PAUSE = 0.05
"""Seconds between two looks at a file that another process changes."""


@contextlib.contextmanager
def hold(place: Path) -> Iterator[bool]:
    """Whether the record at ``place`` is this process's to make until the block ends.

    False: it is another's. The folder has to exist. Always true where the file system knows no
    locks.
    """
    file = _file(place)
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


@contextlib.contextmanager
def changing(file: Path) -> Iterator[None]:
    """Until the block ends no other process changes ``file``; waits for one that does.

    Makes the folder where it is missing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with hold(file) as held:
            if held:
                yield
                return
        time.sleep(_PAUSE)


def _file(place: Path) -> Path:
    return place.with_name(f".{place.stem}.lock")


def is_free(place: Path) -> bool:
    """Whether no process makes the record at ``place`` at this moment."""
    with hold(place) as free:
        return free


def clear(places: Iterable[Path]) -> None:
    """Removes the files that killed processes left of locks on these records."""
    for place in places:
        if _file(place).exists():
            is_free(place)
