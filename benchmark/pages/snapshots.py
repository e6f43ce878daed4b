"""Dated copies of ``leaderboard.csv``, and which verdicts read otherwise since the newest one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmark.errors import UserError
from benchmark.pages import escape, printer, words

FOLDER = "snapshots"
"""Beside ``leaderboard.csv``."""

_DAYS = "[0-9]" * 4 + ("-" + "[0-9]" * 2) * 2
_OF = ("task", "backbone", "image_size", "arm")
"""Columns that say what a row is about."""
_NONE = "-"

Row = Mapping[str, str]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """What the leaderboard said on a day."""

    day: str
    """``2026-12-31``."""
    text: str
    """As ``leaderboard.csv`` had it."""


def place(out: Path, day: date) -> Path:
    """Where the snapshot of a day lies; one that is made on the same day takes its place."""
    return out / FOLDER / f"{day.isoformat()}.csv"


def newest(out: Path) -> Snapshot | None:
    """The last by its date; None without any. Raises `UserError` where it cannot be read."""
    found = sorted((out / FOLDER).glob(f"{_DAYS}.csv"))
    if not found:
        return None
    try:
        return Snapshot(found[-1].stem, found[-1].read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"this snapshot cannot be read: {error}", where=found[-1], mend="remove it"
        ) from error


def changes(before: Snapshot, now: str) -> str:
    """A Markdown table of the verdicts that read otherwise in ``now``, a ``leaderboard.csv``.

    Empty where none does.
    """
    then, today = _verdicts(before.text), _verdicts(now)
    header = ["task", "backbone", "px", "arm", f"on {before.day}", "now"]
    rows = [
        [*map(escape.text, key), then.get(key, _NONE), today.get(key, _NONE)]
        for key in sorted({*then, *today})
        if then.get(key) != today.get(key)
    ]
    return printer.markdown(header, rows) if rows else ""


def _verdicts(text: str) -> dict[Key, str]:
    return {
        tuple(row.get(name) or "" for name in _OF): escape.text(_says(row))
        for row in csv.DictReader(io.StringIO(text), restval="")
        if row.get("verdict")
    }


def _says(row: Row) -> str:
    """``protocol 2: stops at 20 [9.9, 35], certificate holds``."""
    kind = row["verdict"].replace("_", " ")
    middle, low, high = (_number(row.get(f"crossover{end}")) for end in ("", "_low", "_high"))
    at = f" at {middle}" if middle else ""
    interval = f" [{low or '...'}, {high or '...'}]" if low or high else ""
    certificate = (row.get("certificate") or "").partition(":")[0]
    return f"protocol {row.get('protocol', '')}: {kind}{at}{interval}, certificate {certificate}"


def _number(cell: str | None) -> str:
    """As every page has it; as it stands where it is none."""
    try:
        return words.number(float(cell or ""))
    except ValueError:
        return cell or ""
