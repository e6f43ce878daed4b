"""Arrays on disk that are made once and then mapped into memory by every process.

An entry is a folder: a ``.npy`` file for each array, and ``facts.json`` with what else is known and
with checksums over all. It is filled elsewhere and renamed into place: no reader sees a part of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from benchmark import files
from benchmark.defaults import cache_folder
from benchmark.errors import UserError
from benchmark.tasks.workspace import workspace

Row = NDArray[Any] | np.generic

_verified: set[tuple[str, str, int, int, int]] = set()


@dataclass(frozen=True)
class Entry:
    """A finished entry: read-only memory maps, and the facts that were stored with them."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Writer:
    """Takes the parts of a new entry, in any number of steps."""

    folder: Path
    scratch: Path
    """For other temporary files; gone when the entry is made."""
    facts: dict[str, Any] = field(default_factory=dict)
    rests_on: list[Path] = field(default_factory=list)
    """Files that decide the content as well: the entry holds as long as none of them changes."""

    def add(self, name: str, rows: Iterable[Row], count: int) -> None:
        """Stores the array ``[count, ...]`` whose rows, all of one shape and type, come in turn."""
        # Not through a map, under which a full disk kills the process; here it is an OSError.
        with (self.folder / f"{name}.npy").open("xb") as file:
            for i, row in zip(range(count), rows, strict=True):
                if i == 0:
                    npy.write_array_header_1_0(file, _header(row, count))
                file.write(row.tobytes())
            file.flush()
            os.fsync(file.fileno())


def _header(row: Row, count: int) -> dict[str, Any]:
    shape = (count, *row.shape)
    return {"descr": npy.dtype_to_descr(row.dtype), "fortran_order": False, "shape": shape}


def read(key: str) -> Entry | None:
    """The entry, or None where it is missing, truncated, otherwise damaged or out of date.

    ``key`` is a `files.digest` of what decides the content and is known beforehand. Checksums are
    computed once per process and file (about a second for a gigabyte).
    """
    place = _place(key)
    try:
        stored = json.loads((place / "facts.json").read_bytes())
        content = stored["content"]
        if files.digest(content) != stored["digest"]:
            return None
        if any(files.state(Path(path)) != known for path, *known in content["rests_on"]):
            return None
        sums = content["checksums"].items()
        arrays = {name: _mapped(place / f"{name}.npy", checksum) for name, checksum in sums}
        return Entry(arrays, content["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(key: str) -> Path:
    return cache_folder() / "arrays" / key


def _mapped(path: Path, checksum: str) -> NDArray[Any]:
    facts = path.stat()
    identity = (checksum, str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns)
    if identity not in _verified and _checksum(path) != checksum:
        raise ValueError(f"{path} is damaged")
    _verified.add(identity)
    return npy.open_memmap(path, mode="r")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.blake2b, digest_size=16)).hexdigest()


def make(key: str, fill: Callable[[Writer], None]) -> Entry:
    """The entry, written by ``fill`` unless another process, for which this one waits, does so.

    Raises what ``fill`` raises, and `UserError` where the folder cannot be written or the disk is
    full; nothing is left then.
    """
    with workspace(key) as scratch:
        entry = read(key)
        if entry is None:
            writer = Writer(scratch / "entry", scratch / "other")
            for folder in (writer.folder, writer.scratch, _place(key).parent):
                folder.mkdir(exist_ok=True)
            fill(writer)
            _finish(writer)
            shutil.rmtree(_place(key), ignore_errors=True)
            writer.folder.rename(_place(key))
            entry = read(key)
    if entry is None:
        raise UserError(
            "what was just written there cannot be read back",
            where=cache_folder(),
            mend="check the disk, or set BENCHMARK_CACHE to another folder",
        )
    return entry


def _finish(writer: Writer) -> None:
    sums = {path.stem: _checksum(path) for path in writer.folder.glob("*.npy")}
    rests_on = [[str(path), *files.state(path)] for path in writer.rests_on]
    content = {"checksums": sums, "facts": writer.facts, "rests_on": rests_on}
    stored = {"content": content, "digest": files.digest(content)}
    files.write(writer.folder / "facts.json", json.dumps(stored))
