"""Folders for temporary files in the cache, each of one process at a time, and a full disk's words.

A folder goes when its process is done with it, or when the next one finds its lock free: the system
drops the locks of a process that ends, in whatever way it does.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from benchmark.defaults import cache_folder
from benchmark.errors import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def workspace(name: str) -> Iterator[Path]:
    """An empty folder inside the cache, gone when the block ends.

    Another process that asks for the same ``name`` waits until then.
    Raises `UserError` where the disk is full or the folder cannot be written.
    """
    folder = cache_folder() / "unfinished" / name
    with _explained():
        for parent in (folder.parent, _lock(name).parent):
            parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        with FileLock(_lock(name)):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _lock(name: str) -> Path:
    # It stays when the folder goes: who still waits for it would not exclude who makes a new one.
    return cache_folder() / "locks" / f"{name}.lock"


def _sweep(unfinished: Path) -> None:
    """Removes what killed processes left behind."""
    for left in unfinished.iterdir():
        with contextlib.suppress(OSError), FileLock(_lock(left.name), blocking=False):
            shutil.rmtree(left)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        cause = disk_error(error)
        if cause is None:
            raise
        raise _explanation(cause) from error


def _explanation(cause: OSError) -> UserError:
    if cause.errno in _FULL:
        what = "no space left on the disk for decoded images"
        mend = "free some space, or set BENCHMARK_CACHE to a folder on another disk"
    else:
        what = f"cannot write decoded images here: {cause.strerror}"
        mend = "set BENCHMARK_CACHE to a folder that can be written"
    return UserError(
        what, where=cache_folder(), mend=f"{mend}; then start again: nothing half-written is used"
    )


def disk_error(error: BaseException | None) -> OSError | None:
    """The full disk, or the cache folder that cannot be written, in or behind ``error``."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            inside = str(error.filename or "").startswith(str(cache_folder()))
            if error.errno in _FULL or inside:
                return error
        error = error.__cause__ or error.__context__
    return None
