"""One JSON file per trial, written atomically; a record is believed only in its own place.

``ROOT/TASK/BACKBONE/ARM/n0020-s3.json``. A record whose recipe, data or weights have changed is
stale: the new record takes its name and the old one moves to ``superseded/`` beside it, as does
whatever else lies in the way.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from benchmark import files
from benchmark.errors import UserError
from benchmark.records.backbone_names import pretrained_on
from benchmark.records.consistency import contradictions
from benchmark.records.record import FORMAT, SET_ASIDE, Record, Trial, is_name

_ADAPTER = TypeAdapter(Record)
_LARGEST = 2**26
"""Bytes: far above a record of a million test images."""
_CHOOSE = "choose another folder with RECORDS=..., or make this one writable"

Told = Callable[[UserError], object]
"""Is told of each file that is left out, and why."""


def path_of(root: Path, trial: Trial) -> Path:
    """Where the record of ``trial`` (with its portable backbone name) lies, always below ``root``.

    Raises `UserError` for a name that is none for a folder.
    """
    for name in (trial.task, trial.backbone, trial.arm):
        if not is_name(name):
            raise UserError(
                f"{name[:200]!r} is no name for a folder of records",
                mend="rename it: letters, digits, blanks and ._-+() are safe",
            )
    folder = root / trial.task / trial.backbone / trial.arm
    return folder / f"n{trial.images_per_class:04d}-s{trial.seed}.json"


def prepare(root: Path, trials: Iterable[Trial]) -> None:
    """Makes the folders of these trials ready to be written; raises `UserError` if that fails."""
    for folder in _folders(root, trials):
        files.prepare(folder, mend=_CHOOSE)
        if (folder / SET_ASIDE).exists():
            files.prepare(folder / SET_ASIDE, mend=_CHOOSE)


def clear(root: Path, trials: Iterable[Trial]) -> None:
    """Removes what killed processes left half written in the folders of these trials."""
    for folder in _folders(root, trials):
        files.clear(folder)
        files.clear(folder / SET_ASIDE)


def _folders(root: Path, trials: Iterable[Trial]) -> list[Path]:
    return sorted({path_of(root, trial).parent for trial in trials})


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
    """Keeps what is in the record's place, unless it is the same trial with the same settings."""
    if path.is_dir():
        path.rename(_free(path, "folder"))
    elif path.exists():
        try:
            old = load_file(path)
        except UserError:
            _keep(path, "unreadable")
        else:
            if _settings(old) != _settings(record):
                _keep(path, old.fingerprint[:12])


def _settings(record: Record) -> tuple[Any, ...]:
    data = record.data
    return (
        *(record.trial, record.fingerprint, record.recipe, record.weights_hash),
        *(data.hash, data.image_size, record.subset_hash),
    )


def _keep(path: Path, why: str) -> None:
    files.write(_free(path, why), path.read_bytes())


def _free(path: Path, why: str) -> Path:
    """A path in ``superseded/`` that nothing has yet; ``why`` may come from a stranger."""
    why = why if why.isalnum() else hashlib.sha256(why.encode()).hexdigest()[:12]
    folder = path.parent / SET_ASIDE
    folder.mkdir(exist_ok=True)
    again = (f"-{number}" for number in itertools.count(2))
    places = (folder / f"{path.stem}-{why}{end}.json" for end in itertools.chain([""], again))
    return next(place for place in places if not place.exists())


def load_file(path: Path) -> Record:
    """What ``path`` holds, not yet believed; raises `UserError` if it has not a record's form."""
    try:
        return _ADAPTER.validate_python(upgraded(orjson.loads(_content(path)), path))
    except OSError as error:
        raise UserError(f"cannot read this record: {error.strerror}", where=path) from error
    except (orjson.JSONDecodeError, ValidationError, RecursionError) as error:
        raise _no_record(path, _first_line(error)) from error


def _content(path: Path) -> bytes:
    facts = path.stat()
    if not path.is_file():
        raise _no_record(path, "not an ordinary file")
    if facts.st_size > _LARGEST:
        raise _no_record(path, f"larger than {_LARGEST} bytes")
    return path.read_bytes()


def _no_record(path: Path, why: str) -> UserError:
    return UserError(
        f"not a record: {why}", where=path, mend="delete the file; its trial is then run again"
    )


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
        return upgraded(content | {"format": 3, "protocol": 1}, path)
    if found == 3:
        trial = content.get("trial")
        name = str(trial.get("backbone")) if isinstance(trial, dict) else ""
        return content | {"format": FORMAT, "pretrained_on": pretrained_on(name)}
    return content


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, orjson.JSONDecodeError):
        return f"no JSON from line {error.lineno}, column {error.colno} on"
    return "nested too deeply"


def load_trial(root: Path, trial: Trial) -> Record:
    """The record of ``trial``; raises `UserError` if there is none in its place."""
    return _in_place(root, path_of(root, trial))


def _in_place(root: Path, path: Path) -> Record:
    """Believes what holds together and lies where it says."""
    record = load_file(path)
    if fault := next(contradictions(record), None):
        raise _no_record(path, fault)
    try:
        own = path_of(root, record.trial)
    except UserError as error:
        raise _no_record(path, error.what) from error
    if own != path:
        raise UserError(
            f"this is the record of another trial: {own.relative_to(root)} would be its place",
            where=path,
            mend="delete it, or move it to its place",
        )
    return record


def record_files(root: Path) -> Iterator[Path]:
    """The record files below ``root`` in a stable order, superseded ones left out."""
    for path in sorted(root.rglob("n*-s*.json")):
        if SET_ASIDE not in path.relative_to(root).parts:
            yield path


def load(root: Path, told: Told | None = None, *, task: str = "") -> Iterator[Record]:
    """All current records below ``root``, or those of one task.

    ``told`` learns of each file that is no record, or lies in the place of another; such files are
    left out. Without it they end the iteration with their `UserError`.
    """
    for path in record_files(root / task):
        try:
            record = _in_place(root, path)
        except UserError as error:
            if told is None:
                raise
            told(error)
        else:
            yield record
