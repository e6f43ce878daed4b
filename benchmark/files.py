"""Files that are whole or not there, CSV text, folders that can be written, names for content."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import importlib
import io
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from benchmark.errors import UserError

_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Where a text begins like this, a spreadsheet takes it for a formula and runs it."""
_TEMPORARY = re.compile(r"\..*\.([1-9][0-9]*)(-[0-9]+)?\.tmp")
"""Carries the number of the process that writes it."""


def write(path: Path, content: bytes | str) -> None:
    """Writes ``content`` (text as UTF-8) in one step: a reader sees the old file or the new one.

    Makes the folder where it is missing. Raises OSError, and then leaves what was there untouched.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def as_csv(header: Iterable[str], rows: Iterable[Iterable[str | float | None]]) -> str:
    """CSV text, safe in a spreadsheet; floats with four digits, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue()


def _cell(value: str | float | None) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else str(value)


def state(path: Path) -> list[int]:
    """What is another after any change of the file: size and times. Raises OSError."""
    found = path.stat()
    # The time of the last change of the inode cannot be set back, unlike that of the content.
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def is_csv_of(header: Iterable[str], path: Path) -> bool:
    """Whether a CSV with these columns lies there, however a spreadsheet has saved it since.

    What is about to be written in a file's place may take only that of its own kind. Raises
    OSError.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.read(4096).decode("utf-8-sig", errors="replace").partition("\n")[0].strip()
    return any([c.strip('" ') for c in first.split(by)] == list(header) for by in ",;\t")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Shortened: the longest name that a file may have leaves no room for more.
    owner = f"{os.getpid()}-{threading.get_native_id()}"
    temporary = path.with_name(f".{path.name[:40]}.{owner}.tmp")
    try:
        with temporary.open("wb") as held:
            with contextlib.suppress(OSError):  # a file system without locks
                _lock(held)
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def prepare(folder: Path, *, mend: str) -> None:
    """Makes ``folder``, makes sure that it can be written, and clears what killed processes left.

    To be called before hours of work whose result goes there. Raises `UserError` with ``mend``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        clear(folder)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot write here: {reason}", where=folder, mend=mend) from error


def clear(folder: Path) -> None:
    """Removes temporary files of killed processes; those that a living one writes stay."""
    for left in folder.glob(".*.tmp"):
        named = _TEMPORARY.fullmatch(left.name)
        if named and not _is_running(int(named[1])):
            with contextlib.suppress(OSError), left.open("rb") as file:
                _lock(file)
                left.unlink()


def keep_newest(folder: Path, pattern: str, limit: int) -> None:
    """Removes what killed processes left, and of the files that fit the oldest beyond ``limit``.

    ``limit``: bytes of all of them together. Other processes may do so meanwhile.
    """
    clear(folder)
    total = 0
    for _, size, file in sorted(_ages(folder, pattern), reverse=True):
        total += size
        if total > limit:
            with contextlib.suppress(OSError):
                file.unlink()


def _ages(folder: Path, pattern: str) -> Iterator[tuple[int, int, Path]]:
    """When each was written, its bytes, and its file."""
    for file in folder.glob(pattern):
        with contextlib.suppress(OSError):
            facts = file.stat()
            yield facts.st_mtime_ns, facts.st_size, file


def _lock(file: IO[bytes]) -> None:
    """Until it is closed; also seen from other machines, where process numbers say nothing.

    Raises OSError where another process holds it.
    """
    if _fcntl is not None:
        _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def digest(value: Any) -> str:
    """SHA-256 over ``value`` as JSON with sorted keys: equal for equal values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
