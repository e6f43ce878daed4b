"""Rows of CSV and JSON-lines files, each cell as it is written: none is guessed to be missing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.errors import UserError
from benchmark.tasks import text_file

ENDINGS = {"csv": (".csv", ".tsv"), "json": (".jsonl", ".json", ".ndjson")}
"""Files that are taken for tables of a kind where the YAML names none."""

_LARGEST = 1 << 30
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Row:
    """One row, and where it stands."""

    cells: Mapping[str, Any]
    line: int
    file: str
    """Relative to the data's root."""


def read(root: Path, file: str, kind: str, columns: Sequence[str]) -> list[Row]:
    """The rows of ``file``, a table of a ``kind`` in `ENDINGS`; every cell of a CSV is text.

    ``columns`` that should be there tell which separator is meant: comma, semicolon or tab.
    Raises `UserError` with file and line for what is no such table.
    """
    text = text_file.read(root / file, _LARGEST)
    if kind == "csv":
        found = _csv_rows(text, root / file, _separator(text, columns))
    else:
        found = _json_rows(text, root / file)
    return [Row(cells, line, file) for line, cells in found]


def _csv_rows(text: str, file: Path, separator: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Strict, for otherwise a quotation mark that is not closed swallows the rest of the file.
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        skipinitialspace=True,
        strict=True,
    )
    header: list[str] | None = None
    limit = csv.field_size_limit(_LARGEST)  # an image as text is larger than a cell may be else
    try:
        for cells in reader:
            if not any(cells):
                continue
            if header is None:
                header = _header(cells, file)
            elif len(cells) != len(header):
                raise UserError(
                    f"this row has {len(cells)} cells, the header {len(header)}",
                    where=file,
                    line=reader.line_num,
                    mend="put cells that hold the separator into quotation marks",
                )
            else:
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise UserError(
            _reason(error), where=file, line=reader.line_num, mend="correct this row"
        ) from error
    finally:
        csv.field_size_limit(limit)


def _reason(error: csv.Error) -> str:
    reason = str(error)
    if "unexpected end" in reason:
        return "a quotation mark is opened and never closed"
    return f"this row is no CSV: {reason}"


def _header(cells: Sequence[str], file: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"two columns are called {twice[0]!r}", where=file, line=1, mend="rename one of them"
        )
    return names


def _separator(text: str, columns: Sequence[str]) -> str:
    lines = text.lstrip().splitlines()
    first = lines[0] if lines else ""

    def fit(separator: str) -> tuple[int, int]:
        names = [name.strip().strip('"') for name in first.split(separator)]
        return len({*columns} & {*names}), len(names)

    return max(_SEPARATORS, key=fit)


def _json_rows(text: str, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if text.lstrip().startswith("["):
        found = _parsed(text, file, 1)
        yield from ((i, _object(one, file, None)) for i, one in enumerate(found, 1))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _object(_parsed(line, file, number), file, number)


def _parsed(text: str, file: Path, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        at = line + getattr(error, "lineno", 1) - 1
        reason = getattr(error, "msg", None) or "it is nested too deeply"
        raise UserError(
            f"this is not valid JSON: {reason}",
            where=file,
            line=at,
            mend='one object on each line: {"image": "a.png", "label": "cat"}',
        ) from error


def _object(value: Any, file: Path, line: int | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            "an object with a value for each column is expected here",
            where=file,
            line=line,
            mend='such as {"image": "a.png", "label": "cat"}',
        )
    return value
