"""One JSON file per trial and settings, written atomically, and believed only in its own place.

``ROOT/TASK/BACKBONE/ARM/n0020-s3-0123456789ab.json`` ends in the beginning of the fingerprint: what
a trial was made with is part of its place, so that no record takes that of another. Earlier
versions wrote ``n0020-s3.json`` and moved what it replaced to ``superseded/`` beside it, under the
name that it has today; both are read where they lie.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from benchmark import files
from benchmark.defaults import option
from benchmark.errors import UserError
from benchmark.records.backbone_names import pretrained_on
from benchmark.records.consistency import contradictions
from benchmark.records.record import FORMAT, SET_ASIDE, Record, Trial, is_name

_ADAPTER = TypeAdapter(Record)
_LARGEST = 2**26
"""Bytes: far above a record of a million test images."""
_FINGERPRINT = re.compile(r"([0-9a-f]{12})[0-9a-f]{52}")
_SUPERSEDED = re.compile(r"n\d{4,}-s\d+-[0-9a-f]{12}\.json")
"""Earlier versions moved records aside under such names, and under others what was none."""
_CHOOSE = f"choose another folder with {option('records')}=..., or make this one writable"

Told = Callable[[UserError], object]
"""Is told of each file that is left out, and why."""


def path_of(root: Path, trial: Trial, fingerprint: str) -> Path:
    """Where the record of ``trial`` (with its portable backbone name) lies, always below ``root``.

    Raises `UserError` for a name that is none for a folder, and for what is no fingerprint.
    """
    return next(places(root, trial, fingerprint))


def places(root: Path, trial: Trial, fingerprint: str) -> Iterator[Path]:
    """The place of a record, then those that earlier versions gave it; raises as `path_of`."""
    made_with = _FINGERPRINT.fullmatch(fingerprint)
    if made_with is None:
        raise UserError(
            f"{fingerprint[:200]!r} is no SHA-256, so no fingerprint", mend="run its trial again"
        )
    folder, cell = _folder(root, trial), f"n{trial.images_per_class:04d}-s{trial.seed}"
    name = f"{cell}-{made_with[1]}.json"
    yield folder / name
    yield folder / f"{cell}.json"
    yield folder / SET_ASIDE / name


def _folder(root: Path, trial: Trial) -> Path:
    for name in (trial.task, trial.backbone, trial.arm):
        if not is_name(name):
            raise UserError(
                f"{name[:200]!r} is no name for a folder of records",
                mend="rename it: letters, digits, blanks and ._-+() are safe",
            )
    return root.joinpath(trial.task, trial.backbone, trial.arm)


def prepare(root: Path, trials: Iterable[Trial]) -> None:
    """Makes the folders of these trials ready to be written; raises `UserError` if that fails."""
    for folder in _folders(root, trials):
        files.prepare(folder, mend=_CHOOSE)


def clear(root: Path, trials: Iterable[Trial]) -> None:
    """Removes what killed processes left half written in the folders of these trials."""
    for folder in _folders(root, trials):
        files.clear(folder)


def _folders(root: Path, trials: Iterable[Trial]) -> list[Path]:
    return sorted({_folder(root, trial) for trial in trials})


def save(root: Path, record: Record) -> Path:
    """Writes ``record``; a reader sees either the whole file or none.

    Whatever else lies in its place keeps all that it holds, with a number behind its name. Raises
    `UserError` if the record cannot be written, and leaves what was stored untouched.
    """
    path = path_of(root, record.trial, record.fingerprint)
    try:
        if os.path.lexists(path) and not _is_again(record, path):
            path.rename(_free(path))
        files.write(path, orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise UserError(
            f"cannot store the record: {error.strerror or error}",
            where=path,
            mend=f"free disk space or choose another folder with {option('records')}=..., then run "
            "again; what is stored already is kept and not trained again",
        ) from error
    return path


def _is_again(record: Record, path: Path) -> bool:
    """Whether the file there is of the same training."""
    try:
        return _training(load_file(path)) == _training(record)
    except UserError:
        return False


def _training(record: Record) -> tuple[Any, ...]:
    data = record.data
    return (
        *(record.trial, record.fingerprint, record.recipe, record.weights_hash),
        *(data.hash, data.image_size, record.subset_hash),
    )


def _free(path: Path) -> Path:
    """A name beside it that nothing has yet, and that is no record's."""
    others = (path.with_name(f"{path.name}.{number}") for number in itertools.count(1))
    return next(other for other in others if not os.path.lexists(other))


def load_file(path: Path) -> Record:
    """What ``path`` holds, not yet believed; raises `UserError` if it has not a record's form."""
    try:
        return _ADAPTER.validate_python(upgraded(orjson.loads(_content(path)), path))
    except OSError as error:
        raise UserError(
            f"cannot read this record: {error.strerror}",
            where=path,
            mend="make it readable, or delete it: its trial is then run again",
        ) from error
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


def load_trial(root: Path, trial: Trial, fingerprint: str, told: Told) -> Iterator[Record]:
    """What is stored in the places of a record, the likeliest first.

    That of an earlier version may have other settings. ``told`` learns of each file that is no
    record, or another's.
    """
    for path in places(root, trial, fingerprint):
        if path.exists():
            yield from _believed(root, path, told)


def _believed(root: Path, path: Path, told: Told | None) -> Iterator[Record]:
    try:
        record = _in_place(root, path)
    except UserError as error:
        if told is None:
            raise
        told(error)
    else:
        yield record


def _in_place(root: Path, path: Path) -> Record:
    """Believes what holds together and lies where it says."""
    record = load_file(path)
    if fault := next(contradictions(record), None):
        raise _no_record(path, fault)
    try:
        own = path_of(root, record.trial, record.fingerprint)
    except UserError as error:
        raise _no_record(path, error.what) from error
    if path != own and path not in places(root, record.trial, record.fingerprint):
        raise UserError(
            "this is the record of another trial, or made with something else: "
            f"{own.relative_to(root)} would be its place",
            where=path,
            mend="delete it, or move it to its place",
        )
    return record


def record_files(root: Path) -> Iterator[Path]:
    """The record files below ``root`` in a stable order."""
    above = len(root.parts)
    for path in sorted(root.rglob("n*-s*.json")):
        inside = path.parts[above:]
        if SET_ASIDE not in inside or (
            inside[-2] == SET_ASIDE and _SUPERSEDED.fullmatch(path.name)
        ):
            yield path


def load(root: Path, told: Told | None = None) -> Iterator[Record]:
    """All records below ``root``, each once, whatever they were made with.

    ``told`` learns of each file that is no record, or lies in the place of another; such files are
    left out. Without it they end the iteration with their `UserError`.
    """
    seen = set()
    for path in record_files(root):
        for record in _believed(root, path, told):
            # A record's own place comes before those of earlier versions.
            if (key := (record.trial, record.fingerprint)) not in seen:
                seen.add(key)
                yield record
