"""One JSON file per trial, written atomically. A trial owns its file, so there are no locks.

``ROOT/TASK/BACKBONE/ARM/n0020-s3.json``. A record whose recipe, data or weights have changed is
stale: the new record takes its name and the old one moves to ``superseded/`` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from benchmark import files
from benchmark.errors import UserError
from benchmark.records.record import FORMAT, Record, Trial

_ADAPTER = TypeAdapter(Record)


def path_of(root: Path, trial: Trial) -> Path:
    """Where the record of ``trial`` (with its portable backbone name) lies."""
    folder = root / trial.task / trial.backbone / trial.arm
    return folder / f"n{trial.images_per_class:04d}-s{trial.seed}.json"


def save(root: Path, record: Record) -> Path:
    """Writes ``record``; a reader sees either the whole file or none.

    Raises `UserError` if it cannot be written, and leaves what was stored untouched.
    """
    path = path_of(root, record.trial)
    try:
        _set_aside(path, record)
        files.write(path, orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise UserError(
            f"cannot store the record: {error.strerror or error}",
            where=path,
            mend="free disk space or choose another folder with RECORDS=..., then run again; "
            "what is stored already is kept and not trained again",
        ) from error
    return path


def _set_aside(path: Path, record: Record) -> None:
    """Keeps a stored record that differs in recipe, data or weights, or that cannot be read."""
    if not path.exists():
        return
    try:
        old = load_file(path).fingerprint
    except UserError:
        old = "unreadable"
    if old != record.fingerprint:
        kept = path.parent / "superseded" / f"{path.stem}-{old[:12]}.json"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(path.read_bytes())


def load_file(path: Path) -> Record:
    """The record in ``path``; raises `UserError` if it is not one."""
    try:
        content = orjson.loads(path.read_bytes())
        return _ADAPTER.validate_python(upgraded(content, path))
    except OSError as error:
        raise UserError(f"cannot read this record: {error.strerror}", where=path) from error
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise UserError(
            f"not a record: {_first_line(error)}",
            where=path,
            mend="delete the file; its trial is then run again",
        ) from error


def upgraded(content: Any, path: Path) -> Any:
    """The content of a record's file as today's format has it.

    Raises `UserError` for a format from the future.
    """
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise UserError(
            f"written by a newer version of this suite (format {found}, this one reads {FORMAT})",
            where=path,
            mend="update the suite",
        )
    if found == 1:
        # Until then every arm that read pretrained weights was pretraining.
        pretrained = content.get("weights_hash") is not None
        return upgraded(content | {"format": 2, "pretrained": pretrained}, path)
    if found == 2:
        return content | {"format": FORMAT, "protocol": 1}
    return content


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def record_files(root: Path) -> Iterator[Path]:
    """The record files below ``root`` in a stable order, superseded ones left out."""
    for path in sorted(root.rglob("n*-s*.json")):
        if path.parent.name != "superseded":
            yield path


def load(root: Path) -> Iterator[Record]:
    """All current records below ``root``; raises `UserError` at the first unreadable one."""
    for path in record_files(root):
        yield load_file(path)


def is_stored(root: Path, trial: Trial, fingerprint: str) -> bool:
    """Whether a readable record of ``trial`` with this very fingerprint is stored."""
    path = path_of(root, trial)
    if not path.exists():
        return False
    try:
        return load_file(path).fingerprint == fingerprint
    except UserError:
        return False
