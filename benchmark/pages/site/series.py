"""Boards as numbers for charts: JSON values, in percent and points, each with its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.analysis.board import SCRATCH, ArmResult, Board, Comparison
from benchmark.errors import one_line
from benchmark.pages import tables, words

# Each can be told from white and from black (contrast of 3 at least), and from its neighbours by
# colour-blind readers: after Okabe and Ito, darker or lighter where need be.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B5548F", "#A67C00", "#7B61C9", "#B0413E")
_SCRATCH_COLOUR = "#7A7A7A"
_SHAPES = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲", "cross": "✚"}


@dataclass(frozen=True)
class Style:
    """How an arm is drawn, the same everywhere on the page."""

    colour: str
    shape: str
    """As Vega names it."""

    @property
    def sign(self) -> str:
        """The shape as a letter, for a legend in words."""
        return _SHAPES[self.shape]


def styles(boards: Sequence[Board]) -> dict[str, Style]:
    """Arm -> its style; colours come again with another shape after seven arms."""
    names = sorted({arm for board in boards for arm in board.arms} - {SCRATCH})
    shapes = tuple(_SHAPES)
    others = {
        arm: Style(_COLOURS[i % len(_COLOURS)], shapes[(1 + i) % len(shapes)])
        for i, arm in enumerate(names)
    }
    return {SCRATCH: Style(_SCRATCH_COLOUR, shapes[0])} | others


def of_board(board: Board, drawn: Mapping[str, Style]) -> dict[str, Any]:
    """What the charts of one board show."""
    margins = [comparison.verdict.margin for comparison in board.comparisons.values()]
    crossing = {
        arm: comparison
        for arm, comparison in board.comparisons.items()
        if comparison.verdict.crossover is not None and not comparison.is_void
    }
    return {
        "sizes": board.sizes,
        "margin": 100 * max(margins, default=0),
        "points": [
            _look(arm, drawn) | point
            for arm, result in board.arms.items()
            for point in _points(result)
        ],
        "gains": [
            _look(arm, drawn) | gain
            for arm, comparison in board.comparisons.items()
            for gain in _gains(comparison)
        ],
        "marks": [
            _look(arm, drawn) | _mark(comparison, board.sizes) | {"place": place}
            for place, (arm, comparison) in enumerate(crossing.items())
        ],
    }


def _look(arm: str, drawn: Mapping[str, Style]) -> dict[str, Any]:
    return {"arm": one_line(arm), "colour": drawn[arm].colour, "shape": drawn[arm].shape}


def _points(result: ArmResult) -> Iterator[dict[str, Any]]:
    for point in result.points:
        if point.accuracy is not None:
            yield {
                "n": point.images_per_class,
                "value": percent(point.accuracy),
                "low": percent(point.low),
                "high": percent(point.high),
                "shown": tables.accuracy_text(point),
                "seeds": point.seeds,
                "unfinished": point.unfinished,
            }


def _gains(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for gain in comparison.verdict.gains:
        yield {
            "n": gain.images_per_class,
            "value": percent(gain.mean),
            "low": percent(gain.low),
            "high": percent(gain.high),
            "shown": tables.gain_text(gain),
            "seeds": gain.seeds,
        }


def _mark(comparison: Comparison, sizes: Sequence[int]) -> dict[str, Any]:
    """An open end reaches to that of the grid."""
    verdict = comparison.verdict
    where = f"{words.number(verdict.crossover or 0)} {words.interval(verdict)}"
    return {
        "n": verdict.crossover,
        "low": sizes[0] if verdict.low is None else verdict.low,
        "high": sizes[-1] if verdict.high is None else verdict.high,
        "shown": f"{one_line(comparison.arm)}: N* = {where}",
    }


def percent(share: float | None) -> float | None:
    """0..1 to 0..100, to a hundredth."""
    return None if share is None else round(100 * share, 2)
