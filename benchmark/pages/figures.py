"""Figures of accuracy against N, as SVG that is the same byte for byte from the same boards."""

from __future__ import annotations

import io
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.analysis.board import FINETUNE, SCRATCH, Board, Comparison
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.errors import one_line
from benchmark.pages import tables, verdicts, words

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "small-data",
    "svg.fonttype": "none",
    "font.size": 10,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
# Okabe and Ito's palette, which colour-blind readers can tell apart.
COLOURS = ("#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MORE_COLOURS = ("#D55E00", "#882255", "#44AA99", "#999933", "#332288", "#AA4499", "#117733")
# Then Tol's muted ones, so that twelve arms are still told apart.
_ALL_COLOURS = COLOURS + _MORE_COLOURS
SCRATCH_COLOUR = "#555555"
_HOLLOW: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4, "mfc": "white"}
_BAND: dict[str, Any] = {"alpha": 0.18, "linewidth": 0}


def accuracy_figure(board: Board) -> str:
    """SVG text: every arm's accuracy with its interval over N on a log axis, crossovers marked."""
    with mpl.rc_context(STYLE):
        return svg(_accuracy(board))


def accuracy_picture(board: Board, form: Literal["pdf", "png"]) -> bytes:
    """The same figure in another format, the PNG with 150 dots per inch."""
    with mpl.rc_context(STYLE):
        content = io.BytesIO()
        dates = {"CreationDate": None} if form == "pdf" else {}
        _accuracy(board).savefig(content, format=form, dpi=150, metadata=dates)
        return content.getvalue()


def _accuracy(board: Board) -> Figure:
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.subplots()
    colours = _colours(board)
    for arm, result in board.arms.items():
        _draw_curve(axes, arm, result.points, colours[arm])
    for arm, comparison in board.comparisons.items():
        if not comparison.is_void:
            _mark_crossover(axes, comparison.verdict, colours[arm])
        _mark_labels_worth(axes, comparison, board.arms[arm].points, colours[arm])
    _label(axes, board)
    return figure


def _colours(board: Board) -> dict[str, str]:
    others = [arm for arm in board.arms if arm != SCRATCH]
    return {SCRATCH: SCRATCH_COLOUR} | {
        arm: _ALL_COLOURS[i % len(_ALL_COLOURS)] for i, arm in enumerate(others)
    }


def _draw_curve(axes: Axes, arm: str, points: tuple[Point, ...], colour: str) -> None:
    drawn = [p for p in points if p.accuracy is not None]
    sizes = [p.images_per_class for p in drawn]
    means = [100 * (p.accuracy or 0) for p in drawn]
    axes.plot(sizes, means, "o-", color=colour, label=one_line(arm), markersize=4)
    short = [p for p in drawn if p.unfinished]
    tops = [100 * (p.accuracy or 0) for p in short]
    axes.plot([p.images_per_class for p in short], tops, color=colour, **_HOLLOW)
    banded = [p for p in drawn if p.low is not None and p.high is not None]
    axes.fill_between(
        [p.images_per_class for p in banded],
        [100 * (p.low or 0) for p in banded],
        [100 * (p.high or 0) for p in banded],
        color=colour,
        **_BAND,
    )


def _mark_crossover(axes: Axes, verdict: Verdict, colour: str) -> None:
    if verdict.crossover is None:
        return
    axes.axvline(verdict.crossover, color=colour, linestyle="--", linewidth=1.2)
    low, high = axes.get_xlim()
    axes.axvspan(verdict.low or low, verdict.high or high, color=colour, alpha=0.08, linewidth=0)


def _mark_labels_worth(
    axes: Axes, comparison: Comparison, points: tuple[Point, ...], colour: str
) -> None:
    """An arrow from the arm's first gain to the N at which scratch is as good."""
    accuracies = {p.images_per_class: p.accuracy for p in points}
    for one in comparison.effective:
        accuracy = accuracies.get(one.images_per_class)
        if one.multiplier and one.multiplier > 1 and one.effective and accuracy is not None:
            start, end = (one.images_per_class, 100 * accuracy), (one.effective, 100 * accuracy)
            arrow = {"arrowstyle": "->", "color": colour, "linewidth": 1.2}
            axes.annotate("", end, start, arrowprops=arrow)
            text = f"{tables.worth(one)} labels"
            axes.annotate(text, end, (4, -4), textcoords="offset points", color=colour, va="top")
            return


def _label(axes: Axes, board: Board) -> None:
    sizes = board.sizes
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.set_xticks([], minor=True)
    axes.set_xlim(sizes[0] * 0.9, sizes[-1] * 1.1)
    axes.set_xlabel("images per class, N")
    axes.set_ylabel("test accuracy, %")
    axes.set_title("\n".join(_title(board)), fontsize=10, parse_math=False)
    if any(p.low is not None for arm in board.arms.values() for p in arm.points):
        axes.fill_between([], [], [], label="95% interval", **_BAND, color=SCRATCH_COLOUR)
    if any(p.unfinished for arm in board.arms.values() for p in arm.points):
        axes.plot([], [], color=SCRATCH_COLOUR, label="loss was still falling", **_HOLLOW)
    for text in axes.legend(loc="lower right", frameon=False).get_texts():
        text.set_parse_math(False)


def _title(board: Board) -> list[str]:
    """What is drawn, and the verdict on fine-tuning or, without it, on the first arm compared."""
    lines = [one_line(f"{words.task_name(board)}: {board.label}")]
    arm = FINETUNE if FINETUNE in board.comparisons else next(iter(board.comparisons), None)
    return lines if arm is None else [*lines, verdicts.title(board, arm, one_line)]


def svg(figure: Figure) -> str:
    """SVG text, without the time of day."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
