"""Measurements on held-out images: what was trained -> its accuracy, kept in one CSV file."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from benchmark import files
from benchmark.errors import UserError
from benchmark.records import locks


class OfArm(Protocol):
    """What was trained: a frozen dataclass of numbers and words, which are the columns."""

    @property
    def backbone(self) -> str:
        """The name in records."""

    @property
    def arm(self) -> str:
        """Of this backbone."""


C = TypeVar("C", bound=OfArm)


def read(file: Path, kind: type[C]) -> dict[C, float]:
    """All measurements in ``file``; none if it does not exist.

    Raises `UserError` if it holds something else, such as the columns of an older version.
    """
    if not file.exists():
        return {}
    adapter, names = TypeAdapter(kind), _columns(kind)
    try:
        with file.open(encoding="utf-8", newline="") as text:
            return {
                adapter.validate_python({name: row[name] for name in names}): float(row["accuracy"])
                for row in csv.DictReader(text)
            }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"not a file of measurements: {error}",
            where=file,
            mend="delete it; the same command measures again",
        ) from error


def renewed(shipped: Mapping[C, float], own: Mapping[C, float]) -> dict[C, float]:
    """Both, but of a backbone's arms that were measured anew nothing of what was ``shipped``."""
    anew = {(one.backbone, one.arm) for one in own}
    rest = {one: a for one, a in shipped.items() if (one.backbone, one.arm) not in anew}
    return rest | dict(own)


def change(
    kind: type[C], file: Path, to: Callable[[dict[C, float]], dict[C, float]]
) -> dict[C, float]:
    """What ``to`` makes of all measurements in ``file``, written there in one step.

    Other processes may add to the file meanwhile: what they wrote is there when ``to`` is asked.
    Raises as `read`.
    """
    with locks.changing(file):
        measured = to(read(file, kind))
        _write(measured, kind, file)
    return measured


def _write(measured: Mapping[C, float], kind: type[C], file: Path) -> None:
    """Sorted; accuracies (0..1) with four digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = _columns(kind)
    writer.writerow([*names, "accuracy"])
    rows = sorted(([getattr(one, name) for name in names], a) for one, a in measured.items())
    writer.writerows([*cells, f"{accuracy:.4f}"] for cells, accuracy in rows)
    files.write(file, text.getvalue())


def _columns(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))
