"""Which files of a contribution are records, and what each holds at its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmark.checks.contribution.filed import Filed, Place, Problem, short
from benchmark.errors import UserError
from benchmark.harness.judged import folder as folder_of_audit
from benchmark.records import store
from benchmark.records.recipe import ALTERNATIVES
from benchmark.records.record import Record

_ARM_DEPTH = 3
"""Folders between the root and a record: task, backbone, arm."""


@dataclass
class Findings:
    """What is found as the files are read."""

    filed: list[Filed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


_RUN_AGAIN = "delete it and run its trial again"


def audit_places(records: Path, findings: Findings) -> Iterator[Place]:
    """The audits beside a folder of records; whatever else lies there is a problem."""
    above = folder_of_audit(records, "any").parent
    for path in _entries(above, findings) if above.is_dir() else ():
        if path.name in ALTERNATIVES and path.is_dir() and not path.is_symlink():
            yield Place(path, path.name)
        else:
            names = ", ".join(ALTERNATIVES)
            findings.problems.append(Problem(path, f"not an audit; the audits are {names}"))


def _entries(folder: Path, findings: Findings) -> Sequence[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        findings.problems.append(Problem(folder, f"cannot be read: {error.strerror}"))
        return ()


def record_files(folder: Path, findings: Findings, depth: int = 0) -> Iterator[Path]:
    """The files that lie as deep as records do; all that is neither is a problem."""
    for path in _entries(folder, findings):
        if path.is_symlink():
            findings.problems.append(Problem(path, "a link where only records belong"))
        elif path.is_dir() and depth < _ARM_DEPTH and path.suffix != ".json":
            yield from record_files(path, findings, depth + 1)
        elif path.is_file() and depth == _ARM_DEPTH and path.suffix == ".json":
            yield path
        else:
            what = "folder where no folder belongs" if path.is_dir() else "file that is no record"
            findings.problems.append(Problem(path, f"a stray {what}: leave it out"))


def read(file: Path, root: Path) -> Record:
    """The record, if the file lies at its place and says no more and no less than a record does.

    That leaves no room for other types, unknown keys or numbers beyond 64 bits. An older format may
    be upgraded first; spacing and the order of keys do not matter.
    """
    try:
        record = store.load_file(file)
        content = store.upgraded(orjson.loads(file.read_bytes()), file)
        same = _same_values(content, orjson.loads(orjson.dumps(record)))
    except (TypeError, ValueError, RecursionError, OSError) as error:
        raise UserError(f"not a record: {error}", mend=_RUN_AGAIN) from error
    if not same:
        raise UserError("not as the suite writes it: other types or keys", mend=_RUN_AGAIN)
    _check_place(file, root, record)
    return record


def _same_values(one: Any, other: Any) -> bool:
    """Equal, types included: neither 1 and 1.0 nor 1 and true are."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same_values(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same_values, one, other))
    return bool(one == other)


def _check_place(file: Path, root: Path, record: Record) -> None:
    trial = record.trial
    own, *earlier = store.places(root, trial, record.fingerprint)
    names = (trial.task, trial.backbone, trial.arm)
    if file not in (own, *earlier) or file.relative_to(root).parts[:-1] != names:
        raise UserError(
            f"its trial or fingerprint is another's: that one's place is {short(own)}",
            mend="move it there, or delete it",
        )
