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
from benchmark.analysis.effective import EffectiveImages
from benchmark.analysis.gains import GainEstimate, Pair
from benchmark.analysis.next_trials import OPENING
from benchmark.pages import escape
from benchmark.pages.words import certificate_text

Value = str | int | float | None
Of = TypeVar("Of")
"""What a row is about."""

GAIN_COLUMNS_AT = OPENING
"""Every task has these, as far as it has images for them."""


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
    def pretrained_on(self) -> str:
        """What the weights that it starts from were trained on; ``nothing`` for random ones."""
        return self.board.pretrained_on if self.result.pretrained else "nothing"

    @property
    def smallest(self) -> Point:
        """The arm at its smallest N."""
        return self.result.points[0]

    @property
    def largest(self) -> Point:
        """The arm at its largest N."""
        return self.result.points[-1]

    @property
    def labels(self) -> int:
        """Labelled images of the task that a trial at the largest N used."""
        return self.board.data.classes * self.largest.images_per_class

    @property
    def unlabelled(self) -> int:
        """Images that such a trial saw without their labels before it saw those."""
        images = self.result.recipes[-1].settings.get("pretraining_images", "")
        return {"subset": self.labels, "all": self.board.data.train_images}.get(images, 0)

    @property
    def comparison(self) -> Comparison | None:
        """With scratch; None for scratch itself, and where scratch was not run."""
        return self.result.comparison

    @property
    def verdict(self) -> Verdict | None:
        """What the comparison says."""
        return self.comparison.verdict if self.comparison else None

    def gain_at(self, n: int) -> GainEstimate | None:
        """The paired gain over scratch at N; None where it was not measured."""
        return self.verdict.gain_at.get(n) if self.verdict else None

    def effective_at(self, n: int) -> EffectiveImages | None:
        """Effective images per class at N; None where nothing is known of them."""
        effective = self.comparison.effective if self.comparison else ()
        return next((e for e in effective if e.images_per_class == n), None)


@dataclass(frozen=True)
class PointRow:
    """A row of ``curves.csv``."""

    of: ArmRow
    point: Point

    @property
    def gain(self) -> GainEstimate | None:
        """Over scratch, paired."""
        return self.of.gain_at(self.point.images_per_class)


@dataclass(frozen=True)
class PairRow:
    """A pair of trainings that a verdict rests on, as ``verdict FILE.csv`` reads it."""

    board: Board
    arm: str
    pair: Pair


def _of_verdict(value: Callable[[Verdict], Value]) -> Callable[[ArmRow], Value]:
    return lambda row: value(row.verdict) if row.verdict else None


def _gain_columns(
    name: str, meaning: str, gain: Callable[[ArmRow], GainEstimate | None]
) -> Iterator[Column[ArmRow]]:
    yield Column(name, meaning, lambda row: _mean(gain(row)))
    yield Column(f"{name}_low", meaning, lambda row: _low(gain(row)))
    yield Column(f"{name}_high", meaning, lambda row: _high(gain(row)))


def _gain_columns_at(n: int) -> Iterator[Column[ArmRow]]:
    meaning = f"the same at N = {', '.join(map(str, GAIN_COLUMNS_AT))}, where measured"
    return _gain_columns(f"gain_at_{n}", meaning, lambda row: row.gain_at(n))


def _multiplier_columns(
    name: str, meaning: Callable[[str], str], known: Callable[[Of], EffectiveImages | None]
) -> Iterator[Column[Of]]:
    """Without an estimate where there is a lower bound alone."""

    def of(value: Callable[[EffectiveImages], float | None]) -> Callable[[Of], Value]:
        return lambda row: value(one) if (one := known(row)) is not None else None

    estimate = of(lambda one: None if one.at_least else one.multiplier)
    yield Column(name, meaning(name), estimate)
    yield Column(f"{name}_low", meaning(f"{name}_low"), of(lambda one: one.multiplier_low))
    yield Column(f"{name}_high", meaning(f"{name}_high"), of(lambda one: one.multiplier_high))


def _multiplier_columns_at(n: int) -> Iterator[Column[ArmRow]]:
    return _multiplier_columns(
        f"label_multiplier_at_{n}", lambda name: _MULTIPLIER, lambda row: row.effective_at(n)
    )


def _mean(gain: GainEstimate | None) -> Value:
    return None if gain is None else gain.mean


def _low(gain: GainEstimate | None) -> Value:
    return None if gain is None else gain.low


def _high(gain: GainEstimate | None) -> Value:
    return None if gain is None else gain.high


_MULTIPLIER = (
    "effective images per class divided by N; without an estimate where they have a lower end alone"
)
_RUN = "what was run; the backbone's name as timm knows it, or its folder's"
_PRETRAINED_ON = (
    "what the weights were trained on, by the tag in the name or as somebody said; `nothing` for "
    "an arm that starts from random ones"
)
_GRID = "ends of the grid of images per class"
_TRIALS = "trials that the row rests on, and how many of them failed"
_ACCURACY = "test accuracy at the largest N"
_KINDS = "`stops`, `helps_throughout`, `never_helps`, `hurts`, `undecided`; empty for scratch"
_CROSSOVER = r"N\* in images per class; an empty end is open"
_HURTS = "images per class from which on it hurts; an empty end is open"
_CERTIFICATE = "`holds`, `void: ...`, `unsettled ...`, `not audited`: see above"
_GAIN = "paired gain over scratch at the ends of the grid; every N is in `curves.csv`"
_LABELS = "all labelled images of the task that a trial at the largest N used"
_UNLABELLED = "training images that a trial at the largest N saw without their labels first"
_TUNING = "labelled images of development tasks that the learning rate was chosen on"
_DATA = "the data behind the row"

LEADERBOARD: tuple[Column[ArmRow], ...] = (
    Column("task", _RUN, lambda row: row.board.task),
    Column("backbone", _RUN, lambda row: row.board.backbone),
    Column("arm", _RUN, lambda row: row.arm),
    Column("pretrained_on", _PRETRAINED_ON, lambda row: row.pretrained_on),
    Column(
        "protocol",
        "what the recipes meant: rows of different protocols are not comparable",
        lambda row: row.board.protocol,
    ),
    Column(
        "image_size", "side of the square input in pixels", lambda row: row.board.data.image_size
    ),
    Column("smallest_n", _GRID, lambda row: row.smallest.images_per_class),
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
    Column("hurts_from", _HURTS, _of_verdict(lambda v: v.hurts_from)),
    Column("hurts_from_low", _HURTS, _of_verdict(lambda v: v.hurts_low)),
    Column("hurts_from_high", _HURTS, _of_verdict(lambda v: v.hurts_high)),
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
    *_gain_columns(
        "gain_at_smallest_n", _GAIN, lambda row: row.gain_at(row.smallest.images_per_class)
    ),
    *_gain_columns(
        "gain_at_largest_n", _GAIN, lambda row: row.gain_at(row.largest.images_per_class)
    ),
    *(column for n in GAIN_COLUMNS_AT for column in _gain_columns_at(n)),
    *(column for n in GAIN_COLUMNS_AT for column in _multiplier_columns_at(n)),
    Column(
        "seconds",
        "training time of all trials of the row, on one core",
        lambda row: round(row.result.seconds),
    ),
    Column("classes", _DATA, lambda row: row.board.data.classes),
    Column(
        "labels_at_largest_n",
        _LABELS,
        lambda row: row.labels,
    ),
    Column("unlabelled_at_largest_n", _UNLABELLED, lambda row: row.unlabelled),
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
"""One row per task x backbone x image size x arm."""

CURVES: tuple[Column[PointRow], ...] = (
    Column("task", "", lambda row: row.of.board.task),
    Column("backbone", "", lambda row: row.of.board.backbone),
    Column("image_size", "", lambda row: row.of.board.data.image_size),
    Column("arm", "", lambda row: row.of.arm),
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
    Column("gain", "the paired `gain` over scratch", lambda row: _mean(row.gain)),
    Column("gain_low", "`gain_low`", lambda row: _low(row.gain)),
    Column("gain_high", "`gain_high`", lambda row: _high(row.gain)),
    *_multiplier_columns(
        "label_multiplier",
        lambda name: f"`{name}`",
        lambda row: row.of.effective_at(row.point.images_per_class),
    ),
)
"""One row per task x backbone x image size x arm x N. A meaning is a phrase of the sentence that
lists them."""


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
        PointRow(ArmRow(board, arm), point)
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
