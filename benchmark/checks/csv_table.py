"""A CSV file of any common dialect becomes a table of text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UserError

SEPARATORS = ",;\t|"
MOST_BYTES = 10_000_000
"""About 300,000 rows; a larger file is hardly a table of accuracies."""

_SEPARATOR_LINE = re.compile(r"\Asep=.(?=\r?\n)")
"""Excel's own first line; the header tells the separator as well."""


@dataclass(frozen=True)
class Line:
    """One row of cells, blanks around them cut off."""

    number: int
    """Line in the file on which the row begins, from 1."""
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A header and the rows below it; blank lines are left out."""

    header: tuple[str, ...]
    """Names in lower case, words joined by underscores."""
    header_line: int
    rows: tuple[Line, ...]


def read(path: Path, wanted: Sequence[str]) -> Table | None:
    """The table in a file, or None if the file is blank.

    UTF-8 with or without a byte order mark, or UTF-16 with one; separated by that of comma,
    semicolon, tab and bar which finds most of the ``wanted`` names in the header. Raises UserError
    if the file cannot be read, is no text, is longer than `MOST_BYTES` or quotes wrongly.
    """
    text = _SEPARATOR_LINE.sub("", _text(path))
    head = next((line for line in text.splitlines() if re.search(r"\w", line)), "")
    separator = max(SEPARATORS, key=lambda mark: len(set(wanted) & set(_names(head.split(mark)))))
    lines = [line for line in _lines(path, text, separator) if any(line.cells)]
    if not lines:
        return None
    header, *rows = lines
    return Table(_names(header.cells), header.number, tuple(rows))


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """A leading ``#``, as numpy writes it, is no part of a name; nor are quotation marks."""
    return tuple(re.sub(r"[\s_-]+", "_", cell.strip("#\"' ").casefold()) for cell in cells)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(
            f"cannot be read ({error.strerror})", where=path, mend="name a file that you may read"
        ) from error
    if len(content) > MOST_BYTES:
        mend = "give a table of accuracies: one row for each seed and N"
        raise UserError(f"has more than {MOST_BYTES // 1_000_000} MB", where=path, mend=mend)
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
        nul = text.find("\0")
    except UnicodeDecodeError as error:
        nul = error.start
    if nul >= 0:
        what = f"is not a CSV text file in UTF-8 (from byte {nul + 1} on)"
        raise UserError(what, where=path, mend="save it as CSV in UTF-8")
    return text


def _lines(path: Path, text: str, separator: str) -> Iterator[Line]:
    # Not strict, a quotation mark that is never closed would swallow all rows below it.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    number = 1
    try:
        for cells in reader:
            yield Line(number, tuple(cell.strip() for cell in cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            "the row that begins here has a quotation mark that is not closed, or text after one",
            where=path,
            line=number,
            mend='close it, and write a quotation mark inside a quoted cell twice: ""',
        ) from error
