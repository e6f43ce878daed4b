"""The leaderboard's rows: what each column shows, how it is sorted, what it can be filtered by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import SCRATCH, Board
from benchmark.analysis.crossover import Verdict
from benchmark.errors import one_line
from benchmark.pages import tables, verdicts, words
from benchmark.pages.csv_files import GAIN_COLUMNS_AT, ArmRow

VOID, NOT_COMPARED = "void", "not compared"


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard."""

    name: str
    """In links."""
    title: str
    shown: Callable[[ArmRow], str]
    number: Callable[[ArmRow], float | None] | None = None
    """What it is sorted by, None coming last; without it by what is shown."""
    facet: Callable[[ArmRow], str] | None = None
    """What it can be filtered by."""


@dataclass(frozen=True)
class Cell:
    """What one column shows of a row."""

    shown: str
    number: float | None


@dataclass(frozen=True)
class Row:
    """An arm on a board."""

    board: str
    """See `key`."""
    cells: tuple[Cell, ...]
    """In the order of `COLUMNS`."""
    facets: dict[str, str]
    """Column -> what it is found by."""
    older: str
    """Tells a row of an older protocol; empty for today's."""


def key(board: Board) -> str:
    """Names a board in links; neither name has a slash in it."""
    return f"{words.task_name(board)}/{board.backbone}"


def rows(boards: Sequence[Board]) -> list[Row]:
    """One for each arm that is compared with scratch, or each where none is."""
    return [_row(ArmRow(board, arm)) for board in boards for arm in _arms(board)]


def facets(rows: Sequence[Row]) -> list[tuple[Column, list[str]]]:
    """Columns that can be filtered by, and what each of them holds."""
    return [
        (column, sorted({row.facets[column.name] for row in rows}))
        for column in COLUMNS
        if column.facet
    ]


def _arms(board: Board) -> list[str]:
    return [arm for arm in board.arms if arm != SCRATCH] or list(board.arms)


def _row(row: ArmRow) -> Row:
    return Row(
        board=key(row.board),
        cells=tuple(
            Cell(one_line(column.shown(row)), column.number(row) if column.number else None)
            for column in COLUMNS
        ),
        facets={c.name: one_line(c.facet(row)) for c in COLUMNS if c.facet},
        older=words.older_protocol(row.board),
    )


def _kind(row: ArmRow) -> str:
    if row.comparison is None:
        return NOT_COMPARED
    return VOID if row.comparison.is_void else _KINDS[row.comparison.verdict.kind]


_KINDS = {
    "stops": "stops helping",
    "helps_throughout": "still helps at the largest N",
    "never_helps": "never helps",
    "hurts": "hurts",
    "undecided": "undecided",
}


def _verdict(row: ArmRow) -> str:
    if row.comparison is None or row.comparison.is_void:
        return _kind(row)
    verdict = row.comparison.verdict
    says = {
        "hurts": words.hurts_from(verdict),
        "helps_throughout": words.stops_at(verdict),
    }.get(verdict.kind, _kind(row))
    return says + verdicts.mark(row.board, row.arm)


def _claimed(row: ArmRow) -> Verdict | None:
    """A void verdict claims nothing."""
    return None if row.comparison is None or row.comparison.is_void else row.comparison.verdict


def _crossover(row: ArmRow) -> str:
    verdict = _claimed(row)
    if verdict is None:
        return ""
    best = "" if verdict.crossover is None else words.number(verdict.crossover)
    return f"{best} {words.bounds(verdict)}".strip()


def _where(row: ArmRow) -> float | None:
    verdict = _claimed(row)
    places = (verdict.crossover, verdict.low, verdict.high) if verdict else ()
    return next((place for place in places if place is not None), None)


def _certificate(row: ArmRow) -> str:
    return words.certificate_status(row.comparison, one_line) if row.comparison else NOT_COMPARED


def _gain(n: int) -> Column:
    def shown(row: ArmRow) -> str:
        return tables.marked_gain_at(row.board, row.arm, n) if row.comparison else ""

    def number(row: ArmRow) -> float | None:
        return row.verdict.gain_at[n].mean if row.verdict and n in row.verdict.gain_at else None

    return Column(f"gain_at_{n}", f"Gain at N = {n}", shown, number)


COLUMNS = (
    Column("task", "Task", lambda row: row.board.task, facet=lambda row: row.board.task),
    Column(
        "backbone", "Backbone", lambda row: row.board.backbone, facet=lambda row: row.board.backbone
    ),
    Column("arm", "Arm", lambda row: row.arm, facet=lambda row: row.arm),
    Column(
        "pretrained_on",
        "Pretrained on",
        lambda row: row.pretrained_on,
        facet=lambda row: row.pretrained_on,
    ),
    Column("verdict", "Verdict", _verdict, facet=_kind),
    Column("crossover", "N* [interval]", _crossover, _where),
    *map(_gain, GAIN_COLUMNS_AT),
    Column(
        "certificate",
        "Certificate",
        _certificate,
        facet=lambda row: _certificate(row).partition(":")[0],
    ),
)
