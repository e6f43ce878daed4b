"""Boards become CSV, for programs: what each column is, and where its values come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from benchmark import files
from benchmark.analysis.board import ArmResult, Board, Comparison
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.gains import GainEstimate, Pair
from benchmark.pages import escape
from benchmark.pages.words import certificate_text

Value = str | int | float | None
Of = TypeVar("Of")
"""What a row is about."""

GAIN_COLUMNS_AT = (1, 10, 100)


@dataclass(frozen=True)
class Column(Generic[Of]):
    """A column of a CSV file, and its part in the explanation on the page."""

    name: str
    meaning: str
    """Markdown; empty where the name and the sentence about the rows say enough. Columns with one
    meaning are explained together, where the last of them stands."""
    value: Callable[[Of], Value]
    """None: an empty cell."""
    explained_after: str | None = None
    """Name of a column further on that the explanation rests on."""


@dataclass(frozen=True)
class ArmRow:
    """A row of ``leaderboard.csv``."""

    board: Board
    arm: str

    @property
    def result(self) -> ArmResult:
        """All that is known of the arm."""
        return self.board.arms[self.arm]

    @property
    def largest(self) -> Point:
        """The arm at its largest N."""
        return self.result.points[-1]

    @property
    def comparison(self) -> Comparison | None:
        """With scratch; None for scratch itself, and where scratch was not run."""
        return self.result.comparison

    @property
    def verdict(self) -> Verdict | None:
        """What the comparison says."""
        return self.comparison.verdict if self.comparison else None


@dataclass(frozen=True)
class PointRow:
    """A row of ``curves.csv``."""

    board: Board
    arm: str
    point: Point


@dataclass(frozen=True)
class PairRow:
    """A pair of trainings that a verdict rests on, as ``verdict FILE.csv`` reads it."""

    board: Board
    arm: str
    pair: Pair


def _of_verdict(value: Callable[[Verdict], Value]) -> Callable[[ArmRow], Value]:
    return lambda row: value(row.verdict) if row.verdict else None


def _of_gain(n: int, value: Callable[[GainEstimate], Value]) -> Callable[[ArmRow], Value]:
    return _of_verdict(lambda v: value(v.gain_at[n]) if n in v.gain_at else None)


def _multiplier(n: int) -> Callable[[ArmRow], Value]:
    def value(row: ArmRow) -> Value:
        effective = row.comparison.effective if row.comparison else ()
        return next((e.multiplier for e in effective if e.images_per_class == n), None)

    return value


def _gain_columns(n: int) -> Iterator[Column[ArmRow]]:
    meaning = f"paired gain over scratch at N = {', '.join(map(str, GAIN_COLUMNS_AT))}"
    yield Column(f"gain_at_{n}", meaning, _of_gain(n, lambda gain: gain.mean))
    yield Column(f"gain_at_{n}_low", meaning, _of_gain(n, lambda gain: gain.low))
    yield Column(f"gain_at_{n}_high", meaning, _of_gain(n, lambda gain: gain.high))


_RUN = "what was run; the backbone's name as timm knows it, or its folder's"
_PRETRAINED_ON = "what the weights were trained on, by the tag in the name or as somebody said"
_GRID = "ends of the grid of images per class"
_TRIALS = "trials that the row rests on, and how many of them failed"
_ACCURACY = "test accuracy at the largest N"
_KINDS = "`stops`, `helps_throughout`, `never_helps`, `hurts`, `undecided`; empty for scratch"
_CROSSOVER = r"N\* in images per class; an empty end is open"
_CERTIFICATE = "`holds`, `void: ...`, `unsettled ...`, `incomplete`, `not audited`: see above"
_LABELS = "all labelled images of the task that a trial at the largest N used"
_TUNING = "labelled images of development tasks that the learning rate was chosen on"
_DATA = "the data behind the row"

LEADERBOARD: tuple[Column[ArmRow], ...] = (
    Column("task", _RUN, lambda row: row.board.task),
    Column("backbone", _RUN, lambda row: row.board.backbone),
    Column("arm", _RUN, lambda row: row.arm),
    Column("pretrained_on", _PRETRAINED_ON, lambda row: row.board.pretrained_on),
    Column(
        "protocol",
        "what the recipes meant: rows of different protocols are not comparable",
        lambda row: row.board.protocol,
    ),
    Column(
        "image_size", "side of the square input in pixels", lambda row: row.board.data.image_size
    ),
    Column("smallest_n", _GRID, lambda row: row.result.points[0].images_per_class),
    Column("largest_n", _GRID, lambda row: row.largest.images_per_class),
    Column(
        "fewest_seeds",
        "seeds that succeeded at the N with the fewest",
        lambda row: min(p.seeds for p in row.result.points),
    ),
    Column("records", _TRIALS, lambda row: sum(p.seeds + p.failed for p in row.result.points)),
    Column("failed", _TRIALS, lambda row: sum(p.failed for p in row.result.points)),
    Column("accuracy_at_largest_n", _ACCURACY, lambda row: row.largest.accuracy),
    Column("accuracy_low", _ACCURACY, lambda row: row.largest.low),
    Column("accuracy_high", _ACCURACY, lambda row: row.largest.high),
    Column("verdict", _KINDS, _of_verdict(lambda v: v.kind)),
    Column("crossover", _CROSSOVER, _of_verdict(lambda v: v.crossover)),
    Column("crossover_low", _CROSSOVER, _of_verdict(lambda v: v.low)),
    Column("crossover_high", _CROSSOVER, _of_verdict(lambda v: v.high)),
    Column(
        "margin",
        "gain up to which pretraining counts as no help",
        _of_verdict(lambda v: v.margin),
        explained_after="certificate",
    ),
    Column(
        "certificate",
        _CERTIFICATE,
        lambda row: certificate_text(row.comparison) if row.comparison else None,
    ),
    *(column for n in GAIN_COLUMNS_AT for column in _gain_columns(n)),
    *(
        Column(
            f"label_multiplier_at_{n}", "effective images per class divided by N", _multiplier(n)
        )
        for n in GAIN_COLUMNS_AT
    ),
    Column(
        "seconds",
        "training time of all trials of the row, on one core",
        lambda row: round(row.result.seconds),
    ),
    Column("classes", _DATA, lambda row: row.board.data.classes),
    Column(
        "labels_at_largest_n",
        _LABELS,
        lambda row: row.board.data.classes * row.largest.images_per_class,
    ),
    Column("tuning_labels", _TUNING, lambda row: row.result.tuning_labels or 0),
    Column(
        "test_images_in_train",
        "test images that are training images too, left out of every number",
        lambda row: len(row.board.data.test_in_train),
    ),
    Column("test_images", _DATA, lambda row: row.board.data.test_images),
    Column("data_source", _DATA, lambda row: row.board.data.source),
    Column("data_hash", _DATA, lambda row: row.board.data.hash),
)
"""One row per task x backbone x arm."""

CURVES: tuple[Column[PointRow], ...] = (
    Column("task", "", lambda row: row.board.task),
    Column("backbone", "", lambda row: row.board.backbone),
    Column("arm", "", lambda row: row.arm),
    Column("images_per_class", "", lambda row: row.point.images_per_class),
    Column("seeds", "`seeds`", lambda row: row.point.seeds),
    Column("accuracy", "`accuracy`", lambda row: row.point.accuracy),
    Column("low", "`low`", lambda row: row.point.low),
    Column("high", "`high`", lambda row: row.point.high),
    Column("failed", "`failed` trials", lambda row: row.point.failed),
    Column(
        "levelled_off",
        "how many trials had `levelled_off` in training loss",
        lambda row: row.point.levelled_off,
    ),
)
"""One row per task x backbone x arm x N. A meaning is a phrase of the sentence that lists them."""


PAIRS: tuple[Column[PairRow], ...] = (
    Column("task", "", lambda row: row.board.task),
    Column("backbone", "", lambda row: row.board.backbone),
    Column("arm", "", lambda row: row.arm),
    Column("images_per_class", "", lambda row: row.pair.images_per_class),
    Column("seed", "", lambda row: row.pair.seed),
    # In full digits: the same accuracies get the same verdict.
    Column("scratch", "", lambda row: repr(row.pair.scratch)),
    Column("pretrained", "", lambda row: repr(row.pair.pretrained)),
    Column("n_test", "", lambda row: row.pair.test_images),
    Column("disagree", "", lambda row: repr(row.pair.disagree)),
)


def leaderboard(boards: Iterable[Board]) -> str:
    """The text of ``leaderboard.csv``; empty without boards."""
    return _text(LEADERBOARD, [ArmRow(board, arm) for board in boards for arm in board.arms])


def curves(boards: Iterable[Board]) -> str:
    """The text of ``curves.csv``; empty without boards."""
    rows = [
        PointRow(board, arm, point)
        for board in boards
        for arm, result in board.arms.items()
        for point in result.points
    ]
    return _text(CURVES, rows)


def pairs(boards: Iterable[Board]) -> str:
    """Accuracies of both arms for each pair, and how often they disagree; empty without boards."""
    rows = [
        PairRow(board, arm, pair)
        for board in boards
        for arm, comparison in board.comparisons.items()
        for pair in comparison.pairs
    ]
    return _text(PAIRS, rows)


def _text(columns: Sequence[Column[Of]], rows: Sequence[Of]) -> str:
    if not rows:
        return ""
    header = (column.name for column in columns)
    return files.as_csv(header, ((column.value(row) for column in columns) for row in rows))


def explained(columns: Sequence[Column[Any]]) -> list[tuple[str, str]]:
    """Names, as Markdown, and the meaning that they share; ``N`` stands for each of several N."""
    place = {column.name: i for i, column in enumerate(columns)}

    def order(column: Column[Any]) -> float:
        later = column.explained_after
        return place[later] + 0.5 if later else place[column.name]

    named: dict[str, list[str]] = {}
    for column in sorted(columns, key=order):
        name = escape.code(re.sub(r"_at_\d+", "_at_N", column.name))
        named[column.meaning] = [*named.pop(column.meaning, []), name]
    return [(", ".join(dict.fromkeys(names)), meaning) for meaning, names in named.items()]
