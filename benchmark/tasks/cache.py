"""Arrays on disk that are made once and then mapped into memory by every process.

An entry is one file: the arrays, one after the other, then a description in JSON, then a footer
with a checksum over all before. It appears under its name in one step: no reader sees a part of it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.defaults import cache_folder
from benchmark.errors import UserError

_MAGIC = b"SDTBv001"
_FOOTER = struct.Struct("<16sQ8s")  # checksum, length of the JSON, magic
_ALIGNMENT = 64
_LOCK = "lock"
# Between the making of a folder and its lock it belongs to somebody all the same.
_MINUTE = 60.0

_verified: set[tuple[str, int, int, int]] = set()


@dataclass(frozen=True)
class Entry:
    """A finished entry: read-only memory maps, and the facts that were stored with them."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def folder() -> Path:
    """Where the cache lies."""
    return cache_folder()


def key(identity: dict[str, Any]) -> str:
    """The name of an entry: SHA-256 over all that decides its content."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _file(key: str) -> Path:
    return folder() / "images" / f"{key[:32]}.bin"


def read(key: str) -> Entry | None:
    """The entry, or None where it is missing, truncated or otherwise damaged.

    Its checksum is read once per process and file (about a second for a gigabyte).
    """
    path = _file(key)
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            identity = (str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns)
            description = _description(file, check=identity not in _verified)
            _verified.add(identity)
            return Entry(_mapped(file, description["arrays"]), description["facts"])
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def _description(file: IO[bytes], *, check: bool) -> dict[str, Any]:
    end = file.seek(-_FOOTER.size, os.SEEK_END)
    checksum, length, magic = _FOOTER.unpack(file.read())
    if magic != _MAGIC or length > end:
        raise ValueError("not a finished entry")
    if check and _checksum(file, end) != checksum:
        raise ValueError("damaged")
    file.seek(end - length)
    description: dict[str, Any] = json.loads(file.read(length))
    return description


def _checksum(file: IO[bytes], length: int) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    file.seek(0)
    while length > 0:
        chunk = file.read(min(length, 1 << 20))
        if not chunk:
            raise ValueError("shorter than it says")
        digest.update(chunk)
        length -= len(chunk)
    return digest.digest()


def _mapped(file: IO[bytes], layout: dict[str, Any]) -> dict[str, NDArray[Any]]:
    return {
        name: np.memmap(file, array["dtype"], "r", array["offset"], tuple(array["shape"]))
        for name, array in layout.items()
    }


@dataclass
class Writer:
    """Takes the parts of a new entry, in any number of steps."""

    file: IO[bytes]
    layout: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    position: int = 0

    def add(self, name: str, rows: Iterable[NDArray[Any]]) -> None:
        """Appends the array ``[rows, ...]`` whose rows, all of one shape and type, come in turn."""
        self._write(bytes(-self.position % _ALIGNMENT))
        offset, count, shape, dtype = self.position, 0, (), np.dtype(np.uint8)
        for row in rows:
            count, shape, dtype = count + 1, row.shape, row.dtype
            self._write(row.tobytes())
        self.layout[name] = {"offset": offset, "shape": [count, *shape], "dtype": dtype.str}

    def _write(self, content: bytes) -> None:
        self.file.write(content)
        self.digest.update(content)
        self.position += len(content)

    def _finish(self) -> None:
        description = json.dumps({"arrays": self.layout, "facts": self.facts}).encode()
        self._write(description)
        self.file.write(_FOOTER.pack(self.digest.digest(), len(description), _MAGIC))
        self.file.flush()
        os.fsync(self.file.fileno())


@contextlib.contextmanager
def new_entry(key: str) -> Iterator[Writer]:
    """A writer for the entry ``key``, which appears when the block ends without an exception.

    Two processes may write the same entry at once: each writes its own file, the last one stays.
    Raises `UserError` where the folder cannot be written or the disk is full; nothing is left then.
    """
    path = _file(key)
    with workspace() as scratch, (scratch / path.name).open("wb") as file:
        writer = Writer(file)
        yield writer
        writer._finish()
        path.parent.mkdir(parents=True, exist_ok=True)
        (scratch / path.name).replace(path)


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder for temporary files inside the cache, gone when the block ends.

    Raises `UserError` where the disk is full or the folder cannot be written.
    """
    parent = folder() / "unfinished"
    with explained_errors():
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        with (
            tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as scratch,
            (Path(scratch) / _LOCK).open("w") as lock,
        ):
            # The system drops the lock when the process ends, in whatever way it does.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(scratch)


def _sweep(parent: Path) -> None:
    """Removes what killed processes left behind."""
    for left in parent.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _MINUTE and not _locked(left / _LOCK):
                shutil.rmtree(left)


def _locked(file: Path) -> bool:
    if not file.exists():
        return False
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def explained_errors() -> Iterator[None]:
    """Turns errors of the disk, also as the cause of other errors, into a `UserError`."""
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
        what, where=folder(), mend=f"{mend}; then start again: nothing half-written is used"
    )


_FULL = (errno.ENOSPC, errno.EDQUOT)


def disk_error(error: BaseException | None) -> OSError | None:
    """The full disk, or the cache folder that cannot be written, in or behind ``error``."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            inside = str(error.filename or "").startswith(str(folder()))
            if error.errno in _FULL or inside:
                return error
        error = error.__cause__ or error.__context__
    return None
