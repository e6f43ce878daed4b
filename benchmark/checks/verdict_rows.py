"""The rows of a CSV file of accuracies: each is checked, every fault named by line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from benchmark.analysis.gains import Pair
from benchmark.checks import csv_table
from benchmark.checks.csv_table import Line, Table
from benchmark.errors import UserError, nearest

REQUIRED = ("images_per_class", "seed", "scratch", "pretrained")
N_TEST, DISAGREE = "n_test", "disagree"
ARM = "arm"
NAMES = ("task", "dataset", "backbone", "model", ARM)
"""Columns that say what a verdict is about: each combination of their values gets its own."""
KNOWN = (*REQUIRED, N_TEST, DISAGREE)
MOST_PROBLEMS = 10
MOST_COLUMNS = 1000
MOST_IMAGES = 10**9
MOST_SEED = 2**63 - 1
MOST_SIZES = 1000
"""Different N; the time that a verdict takes grows with their cube, a thousand take ten seconds."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?|[+-]?(nan|inf|infinity)", re.A | re.I)
_THOUSANDS = re.compile(r"\d{1,3}([.,' ]\d{3})+", re.A)
_LONGEST_NUMBER = 64
_SHOWN = 40
"""Characters of a cell that a message repeats."""


def _wrong(what: str) -> PydanticCustomError:
    return PydanticCustomError("cell", "{what}", {"what": what})


def _plain(text: str) -> str:
    """The text of a number; anything else is refused."""
    if not text:
        raise _wrong("is missing")
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise _wrong(f"is {shown!r}, not a number")
    return text


def _whole(text: str) -> int:
    if _THOUSANDS.fullmatch(text):
        raise _wrong(f"is {text!r}: write whole numbers without a separator of thousands")
    number = Decimal(_plain(text))
    if not number.is_finite() or number != number.to_integral_value():
        raise _wrong(f"is {text!r}, not a whole number")
    return int(number)


def _share(text: str) -> float:
    """An accuracy; a decimal comma and a percent sign leave no doubt of what is meant."""
    digits = text.removesuffix("%").rstrip()
    number = float(_plain(digits.replace(",", ".") if "." not in digits else digits))
    if digits != text:
        if 0 < number <= 1:
            raise _wrong(
                f"is {text}, which may mean {digits} or {digits} / 100: give it as a share"
            )
        number /= 100
    if not 0 <= number <= 1:
        hint = " (a percentage? divide by 100)" if digits == text and 1 < number <= 100 else ""
        raise _wrong(f"is {text}, not between 0 and 1{hint}")
    return number


Whole = Annotated[int, BeforeValidator(_whole)]
Images = Annotated[Whole, Field(ge=1, le=MOST_IMAGES)]
Share = Annotated[float, BeforeValidator(_share)]


@dataclass(frozen=True)
class Row:
    """One row of the file: both arms' accuracies for one (N, seed)."""

    line: int
    """Line in the file, from 1."""
    images_per_class: Images
    seed: Annotated[Whole, Field(ge=-MOST_SEED, le=MOST_SEED)]
    scratch: Share
    """Accuracy, 0..1."""
    pretrained: Share
    n_test: Images | None = None
    """Test images behind the two accuracies; None if the file does not say."""
    disagree: Share | None = None
    """Share of them on which exactly one arm is right; None if the file does not say."""
    names: tuple[tuple[str, str], ...] = ()
    """What the file calls the comparison: column and value, for those of `NAMES` that there are."""

    @property
    def pair(self) -> Pair:
        """The accuracies as verdicts take them."""
        return Pair(
            self.images_per_class,
            self.seed,
            self.scratch,
            self.pretrained,
            self.n_test,
            self.disagree,
        )

    @property
    def _place(self) -> tuple[object, ...]:
        return self.images_per_class, self.seed, self.names


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of the file."""

    line: int
    what: str


_ROW = TypeAdapter(Row)
_BOUNDS = {"greater_than_equal": ("less than", "ge"), "less_than_equal": ("more than", "le")}


def read(path: Path) -> tuple[Row, ...]:
    """The rows of a CSV file, one for each N and seed, in the order of the file.

    Columns ``images_per_class, seed, scratch, pretrained`` (accuracies: shares 0..1, or with a
    percent sign) and, if known, ``n_test``, ``disagree`` (share of the test images on which exactly
    one of the two is right) and `NAMES`, in any order, letter case and common dialect of CSV; other
    columns are passed over. Raises UserError that names the file and every bad line (up to ten), or
    the column that tells results apart which do not belong into one verdict.
    """
    table = _table(path)
    rows: list[Row] = []
    problems: list[Problem] = []
    for line in table.rows:
        try:
            rows.append(_row(line, table.header))
        except ValidationError as errors:
            cells = dict(zip(table.header, line.cells, strict=False))
            problems += [Problem(line.number, _words(one, cells)) for one in errors.errors()]
        except ValueError as error:
            problems.append(Problem(line.number, str(error)))
    _refuse_mixture(path, table, rows)
    problems += [*_mixed_signs(table), *_repeats(rows)]
    if problems:
        raise _error(path, sorted(problems, key=lambda problem: problem.line))
    _refuse_long_grid(path, rows)
    return tuple(rows)


def _table(path: Path) -> Table:
    table = csv_table.read(path, REQUIRED)
    mend = f"begin with a line {','.join(REQUIRED)}"
    if table is None:
        raise UserError("is empty", where=path, mend=mend)
    if len(table.header) > MOST_COLUMNS:
        raise UserError(f"has {len(table.header)} columns", where=path, mend=mend)
    line, header = table.header_line, table.header
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        hints = ", ".join(f"{name}{nearest(name, list(header[:100]))}" for name in missing)
        raise UserError(f"lacks the column {hints}", where=path, line=line, mend=mend)
    for name in KNOWN:
        if header.count(name) > 1:
            what = f"has the column {name} twice"
            raise UserError(what, where=path, line=line, mend="keep one of them")
    if not table.rows:
        mend = "add one row per seed and N"
        raise UserError("has a header but no results", where=path, mend=mend)
    return table


def _row(line: Line, header: Sequence[str]) -> Row:
    """Raises ValueError (pydantic's is one) if the cells are no row."""
    if any(line.cells[len(header) :]):
        what = f"has {len(line.cells)} cells, the header {len(header)}"
        raise ValueError(f"{what} (decimal commas? separate the cells by semicolons)")
    cells = dict(zip(header, line.cells, strict=False))
    known = {name: cells.get(name, "") for name in KNOWN if name in header}
    names = tuple((name, cells.get(name, "")) for name in NAMES if name in header)
    return _ROW.validate_python({"line": line.number, **known, "names": names})


def _words(error: ErrorDetails, cells: dict[str, str]) -> str:
    column = str(error["loc"][0])
    if error["type"] not in _BOUNDS:
        return f"{column} {error['msg']}"
    relation, bound = _BOUNDS[error["type"]]
    return f"{column} is {cells[column]}, {relation} {error['ctx'][bound]}"


def _mixed_signs(table: Table) -> Iterator[Problem]:
    """Beside percentages, 0.9 may be one whose sign was forgotten: a hundred times too much."""
    cells = [
        (line.number, name, cell)
        for name in ("scratch", "pretrained")
        for line, cell in zip(table.rows, _column(table, name), strict=True)
    ]
    signed = next((number for number, _, cell in cells if cell.endswith("%")), None)
    for number, name, cell in cells if signed is not None else ():
        if not cell.endswith("%") and cell.strip("0.,"):
            yield Problem(
                number, f"{name} is {cell[:_SHOWN]!r}, while line {signed} has a percent sign"
            )


def _repeats(rows: Sequence[Row]) -> Iterator[Problem]:
    first: dict[tuple[object, ...], int] = {}
    for row in rows:
        earlier = first.setdefault(row._place, row.line)
        if earlier != row.line:
            what = f"repeats images_per_class {row.images_per_class}, seed {row.seed}"
            yield Problem(row.line, f"{what} of line {earlier} (another run needs another seed)")


def _refuse_mixture(path: Path, table: Table, rows: Sequence[Row]) -> None:
    """Results of two optimisers, say, are never pooled."""
    for name in _telling(table, rows):
        values = ", ".join(repr(value[:_SHOWN]) for value in sorted(set(_column(table, name)))[:4])
        raise UserError(
            f"mixes results that the column {name!r} tells apart, such as {values}",
            where=path,
            mend=f"rename it to {NAMES[0]!r} for a verdict on each, or keep the rows of one",
        )


def _column(table: Table, name: str) -> list[str]:
    place = table.header.index(name)
    return [line.cells[place] if place < len(line.cells) else "" for line in table.rows]


def _telling(table: Table, rows: Sequence[Row]) -> list[str]:
    """The columns that tell rows apart which must not be pooled; none where all may be.

    A column does if it tells all rows of the same N and seed apart and its values are few: one of
    seconds says nothing.
    """
    columns = {name: set(_column(table, name)) for name in set(table.header) - {*KNOWN, *NAMES}}
    if len({row._place for row in rows}) == len(rows):
        return []
    few = [name for name, values in columns.items() if 1 < len(values) <= len(table.rows) // 2]
    few.sort(key=lambda name: (len(columns[name]), name))
    return [name for name in few if _tells_all_apart(table, rows, name)][:1]


def _tells_all_apart(table: Table, rows: Sequence[Row], name: str) -> bool:
    value = dict(zip((line.number for line in table.rows), _column(table, name), strict=True))
    return len({(*r._place, value[r.line]) for r in rows}) == len(rows)


def _refuse_long_grid(path: Path, rows: Sequence[Row]) -> None:
    sizes = len({row.images_per_class for row in rows})
    if sizes > MOST_SIZES:
        raise UserError(
            f"has {sizes} different images_per_class, more than {MOST_SIZES}",
            where=path,
            mend="keep rows of fewer images_per_class",
        )


def _error(path: Path, problems: Sequence[Problem]) -> UserError:
    """One error for all bad lines: the first in the head, the others below it."""
    others = [f"\n  line {problem.line}: {problem.what}" for problem in problems[1:MOST_PROBLEMS]]
    left = len(problems) - MOST_PROBLEMS
    more = f"\n  and {left} more" if left > 0 else ""
    return UserError(
        problems[0].what + "".join(others) + more,
        where=path,
        line=problems[0].line,
        mend="correct these lines" if others else "correct this line",
    )
