"""One JSON file per question and cell, written in one step, and believed only in its own place.

``ROOT/TASK/BACKBONE/QUESTION/n0020-s3-0123456789ab.json`` ends in the beginning of the fingerprint.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from benchmark import files
from benchmark.errors import UserError
from benchmark.records.explained.finding import FORMAT, QUESTIONS, Cell, Finding
from benchmark.records.record import is_name

FOLDER = "findings"
"""Beside the page that is made from them."""

_ADAPTER = TypeAdapter(Finding)
_LARGEST = 2**22
"""Bytes: far above a network of hundreds of blocks."""
_FINGERPRINT = re.compile(r"([0-9a-f]{12})[0-9a-f]{52}")

Told = Callable[[UserError], object]
"""Is told of each file that is left out, and why."""


def path_of(root: Path, cell: Cell, question: str, fingerprint: str) -> Path:
    """Where the finding lies, always below ``root``. Raises `UserError` for what can be none."""
    made_with = _FINGERPRINT.fullmatch(fingerprint)
    names = (cell.task, cell.backbone)
    if made_with is None or question not in QUESTIONS or not all(map(is_name, names)):
        raise UserError(
            "its names or its fingerprint can be no finding's",
            mend="delete it and run explain again",
        )
    name = f"n{cell.images_per_class:04d}-s{cell.seed}-{made_with[1]}.json"
    return root.joinpath(*names, question, name)


def save(root: Path, finding: Finding) -> Path:
    """Writes it in one step. Raises `UserError` if it cannot, and leaves what was there."""
    path = path_of(root, finding.cell, finding.question, finding.fingerprint)
    try:
        files.write(path, orjson.dumps(finding, option=orjson.OPT_APPEND_NEWLINE | _KEYS))
    except OSError as error:
        raise UserError(
            f"cannot store what was measured: {error.strerror or error}",
            where=path,
            mend="free disk space or make the folder writable, then run again",
        ) from error
    return path


_KEYS = orjson.OPT_NON_STR_KEYS


def load_file(root: Path, path: Path) -> Finding:
    """What ``path`` holds; raises `UserError` unless it is a finding in its own place."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise _none(path, "no file of that kind")
        finding = _ADAPTER.validate_python(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise UserError(
            f"cannot be read: {error.strerror}", where=path, mend="make it readable, or delete it"
        ) from error
    except (orjson.JSONDecodeError, ValidationError, RecursionError) as error:
        raise _none(path, "not in the form of one") from error
    _check(root, path, finding)
    return finding


def _check(root: Path, path: Path, finding: Finding) -> None:
    if finding.format != FORMAT:
        raise _none(path, f"of format {finding.format}, this version reads {FORMAT}")
    if finding.answer is not None and finding.answer.question != finding.question:
        raise _none(path, "it answers another question than it says")
    if (finding.answer is None) == (finding.reason is None):
        raise _none(path, "it needs an answer, or a reason why there is none")
    try:
        place = path_of(root, finding.cell, finding.question, finding.fingerprint)
    except UserError as error:
        raise _none(path, error.what) from error
    if path != place:
        raise _none(path, "it lies in another's place")


def _none(path: Path, why: str) -> UserError:
    return UserError(
        f"not a finding of explain: {why}", where=path, mend="delete it; it is then measured again"
    )


def current(root: Path, cell: Cell, question: str, fingerprint: str, told: Told) -> Finding | None:
    """The finding with this fingerprint, if it is stored."""
    path = path_of(root, cell, question, fingerprint)
    return next(_believed(root, [path], told), None) if path.exists() else None


def load(root: Path, told: Told) -> list[Finding]:
    """All findings below ``root`` that go together, sorted by cell.

    At each N those made with the weights, data and recipes of the newest: others are not mixed in.
    """
    found = sorted(_believed(root, sorted(root.rglob("n*-s*-*.json")), told), key=_age)
    newest = {_place(one): _made_with(one) for one in found}
    kept = {
        (one.cell, one.question): one for one in found if newest[_place(one)] == _made_with(one)
    }
    return [kept[key] for key in sorted(kept)]


def _believed(root: Path, paths: Iterable[Path], told: Told) -> Iterator[Finding]:
    for path in paths:
        try:
            yield load_file(root, path)
        except UserError as error:
            told(error)


def _age(finding: Finding) -> tuple[int, str, str]:
    return finding.protocol, finding.finished, finding.fingerprint


def _place(finding: Finding) -> Hashable:
    cell = finding.cell
    return cell.task, cell.backbone, cell.images_per_class, finding.question


def _made_with(finding: Finding) -> Hashable:
    recipes = orjson.dumps(finding.recipes, option=orjson.OPT_SORT_KEYS)
    data = finding.data
    return finding.protocol, finding.weights_hash, data.hash, data.image_size, recipes


def by_subject(found: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """(Task, backbone) -> its findings."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in found:
        groups[one.cell.task, one.cell.backbone].append(one)
    return dict(groups)
