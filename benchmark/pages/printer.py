"""Prints tables: as Markdown whose columns line up as text, too, or plain, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmark.errors import one_line

Rows = Sequence[Sequence[str]]
Grid = tuple[list[str], list[list[str]]]
"""The header of a table and its rows, each as long as the header."""

_NUMBER = re.compile(r"[-+]?[\d.,]+%?|-?")


def markdown(header: Sequence[str], rows: Rows, *, padded: bool = True) -> str:
    """A Markdown table, without a line break at its end.

    Cells are Markdown; a ``|`` in one does not end it. ``padded``: columns line up as plain text;
    without it lines are as short as can be, for a table with sentences in it. Raises ValueError if
    a row has not as many cells as the header.
    """
    lines = [[one_line(cell).replace("|", r"\|") for cell in row] for row in (header, *rows)]
    widths = _widths(lines) if padded else [0] * len(header)
    lines.insert(1, ["-" * width or "---" for width in widths])
    return "\n".join(f"| {' | '.join(_filled(line, widths))} |" for line in lines)


def plain(header: Sequence[str], rows: Rows) -> str:
    """A table for a terminal, without lines and without a line break at its end.

    A column that holds nothing but numbers (or ``-``) is aligned to the right. Raises ValueError if
    a row has not as many cells as the header.
    """
    lines = [[one_line(cell) for cell in row] for row in (header, *rows)]
    widths = _widths(lines)
    for i, width in enumerate(widths):
        if all(_NUMBER.fullmatch(line[i]) for line in lines[1:]):
            widths[i] = -width
    return "\n".join("  ".join(_filled(line, widths)).rstrip() for line in lines)


def _widths(lines: Rows) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]


def _filled(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Cells filled up with blanks; aligned to the right where the width is negative."""
    return [
        cell.ljust(width) if width >= 0 else cell.rjust(-width)
        for cell, width in zip(line, widths, strict=True)
    ]
