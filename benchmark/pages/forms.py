"""A table as text of another kind: Markdown, CSV, JSON or LaTeX."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Literal, get_args

from benchmark import files
from benchmark.errors import one_line
from benchmark.pages import escape, printer
from benchmark.pages.printer import Grid

Form = Literal["md", "csv", "json", "latex"]
FORMS: tuple[str, ...] = get_args(Form)

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "†": r"\dag{}",
} | {letter: f"\\{letter}" for letter in "&%$#_{}"}
_ANY = re.compile("[" + re.escape("".join(_SPECIAL)) + "]")


def as_text(grid: Grid, form: Form) -> str:
    """The table with a line break at its end; cells are plain text, and escaped.

    JSON is a list with an object for each row. LaTeX is a ``tabular`` in the style of booktabs.
    """
    header, rows = grid
    if form == "csv":
        return files.as_csv(header, rows)
    if form == "json":
        return json.dumps([dict(zip(header, row, strict=True)) for row in rows], indent=2) + "\n"
    if form == "latex":
        return _latex(grid)
    cells = [[escape.text(cell) for cell in row] for row in rows]
    return printer.markdown([*map(escape.text, header)], cells) + "\n"


def from_csv(text: str) -> Grid:
    """The table of a CSV text that the suite has written; empty for an empty one."""
    header, *rows = [*csv.reader(io.StringIO(text))] or [[]]
    return header, rows


def _latex(grid: Grid) -> str:
    header, rows = (
        [[_escaped(cell) for cell in row] for row in part] for part in ([grid[0]], grid[1])
    )
    lines = [f"{' & '.join(row)} \\\\" for row in (*header, *rows)]
    body = [lines[0], r"\midrule", *lines[1:]]
    columns = "l" + "r" * (len(grid[0]) - 1)
    inside = "\n".join([r"\toprule", *body, r"\bottomrule"])
    return f"\\begin{{tabular}}{{{columns}}}\n{inside}\n\\end{{tabular}}\n"


def _escaped(cell: str) -> str:
    return _ANY.sub(lambda found: _SPECIAL[found[0]], one_line(cell))
