"""The figures of the page: a column of panels for each N."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.reused import ReusedBlock
from benchmark.analysis.explained.shares import Compressions
from benchmark.analysis.stats import Estimate, share_estimate
from benchmark.pages.figures import COLOURS, SCRATCH_COLOUR
from benchmark.records.explained.finding import RANDOM_START, Basin, Effect, Scale

_STARTS = {RANDOM_START: SCRATCH_COLOUR, FINETUNE: COLOURS[0]}
_LEAST_LOSS = 1e-5
"""Nats: below it a logarithmic axis shows nothing of interest."""


def _panels(sizes: Iterable[int], rows: int, height: float) -> tuple[Figure, list[list[Axes]]]:
    """``[row][column]``; a column for each N, whose title says it."""
    columns = list(sizes)
    width = 1.5 + 3.6 * len(columns)
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, len(columns), squeeze=False, sharey="row")
    for axes, n in zip(grid[0], columns, strict=True):
        axes.set_title(f"N = {n}", fontsize=10)
    return figure, [list(row) for row in grid]


def _below(figure: Figure, axes: Axes, columns: int) -> None:
    """One legend under all panels, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)


def lines(answers: Mapping[int, Sequence[Basin]]) -> Figure:
    """Test error along the lines between networks."""
    figure, (row,) = _panels(answers, 1, 3.8)
    for axes, there in zip(row, answers.values(), strict=True):
        for name, colour in zip(
            there[0].paths, (COLOURS[0], SCRATCH_COLOUR, COLOURS[3]), strict=False
        ):
            errors = np.array([one.paths[name].test_errors for one in there]) * 100
            shares = np.linspace(0, 1, errors.shape[1])
            axes.plot(shares, errors.T, color=colour, linewidth=0.7, alpha=0.5)
            axes.plot(shares, errors.mean(0), "o-", color=colour, markersize=3, label=name)
        axes.set_xlabel("share of the way")
    row[0].set_ylabel("test error, %")
    row[0].set_ylim(bottom=0)
    _below(figure, row[0], 3)
    return figure


def courses(answers: Mapping[int, Sequence[Effect]]) -> Figure:
    """Test loss against training loss, and training loss against views."""
    figure, (above, below) = _panels(answers, 2, 6.4)
    for i, there in enumerate(answers.values()):
        for name, colour in _STARTS.items():
            for k, one in enumerate(there):
                looks = one.courses[name]
                train = [max(look.train_loss, _LEAST_LOSS) for look in looks]
                how = {
                    "color": colour,
                    "linewidth": 1.0,
                    "alpha": 0.8,
                    "marker": ".",
                    "markersize": 4,
                }
                label = {"label": name} if not k else {}
                above[i].plot(train, [look.test_loss for look in looks], **how, **label)  # type: ignore[arg-type]
                below[i].plot([look.views for look in looks][1:], train[1:], **how)  # type: ignore[arg-type]
        above[i].set_xscale("log")
        above[i].invert_xaxis()
        above[i].set_xlabel("training loss, nats")
        below[i].set_xscale("log")
        below[i].set_yscale("log")
        below[i].set_xlabel("views")
    above[0].set_ylabel("test loss, nats")
    above[0].set_ylim(bottom=0)
    below[0].set_ylabel("training loss, nats")
    _below(figure, above[0], 2)
    return figure


def scales(answers: Mapping[int, Sequence[Scale]]) -> Figure:
    """Accuracies from all of pretraining to none of it."""
    figure, (row,) = _panels(answers, 1, 3.8)
    for axes, there in zip(row, answers.values(), strict=True):
        tops = sorted(there[0].reinitialised)
        shown = {
            "finetune": [one.accuracies[FINETUNE] for one in there],
            **{f"top {top} anew": [one.reinitialised[top] for one in there] for top in tops},
            "matched_init": [one.accuracies["matched_init"] for one in there],
            "scratch": [one.accuracies[SCRATCH] for one in there],
        }
        known = [share_estimate(values) for values in shown.values()]
        _dots(axes, known, range(len(shown)), COLOURS[0])
        axes.set_xticks(range(len(shown)), list(shown), rotation=40, ha="right")
    row[0].set_ylabel("test accuracy, %")
    return figure


def reused(known: Mapping[int, Sequence[ReusedBlock]]) -> Figure:
    """Nearest neighbours before and after, and similarity, block by block."""
    figure, (above, below) = _panels(known, 2, 6.4)
    for i, blocks in enumerate(known.values()):
        for aside, (name, colour) in zip((-0.08, 0.08), _STARTS.items(), strict=True):
            places = np.arange(len(blocks)) + aside  # or intervals would lie on one another
            worth = [block.worth[name] for block in blocks]
            before, after = [one.before for one in worth], [one.after for one in worth]
            _dots(above[i], before, places, colour, f"{name}, before", line="--")
            _dots(above[i], after, places, colour, f"{name}, after", line="-")
            _dots(below[i], [one.similarity for one in worth], places, colour, line="-", times=1)
        above[i].set_xticks(range(len(blocks)), [""] * len(blocks))
        names = [block.name for block in blocks]
        below[i].set_xticks(range(len(blocks)), names, rotation=40, ha="right")
    above[0].set_ylabel("neighbours' accuracy, %")
    below[0].set_ylabel("linear CKA, before and after")
    below[0].set_ylim(0, 1.05)
    _below(figure, above[0], 4)
    return figure


def gains(known: Mapping[int, Compressions]) -> Figure:
    """Fine-tuning's gain and those of the autoencoders."""
    figure, (row,) = _panels(known, 1, 3.8)
    for axes, one in zip(row, known.values(), strict=True):
        shown = {"finetune": one.gain} | {part.arm: part.gain for part in one.parts}
        _dots(axes, list(shown.values()), range(len(shown)), COLOURS[0])
        axes.axhline(0, color=SCRATCH_COLOUR, linewidth=1)
        axes.set_xticks(range(len(shown)), [_painted(one, arm) for arm in shown])
        axes.set_xlim(-0.5, len(shown) - 0.5)
    row[0].set_ylabel("gain over scratch, points")
    return figure


def _painted(one: Compressions, arm: str) -> str:
    known = one.explained.get(arm)
    return arm if known is None else f"{arm}\n{100 * known.mean:.0f}% painted"


def _dots(
    axes: Axes,
    estimates: Sequence[Estimate],
    places: Iterable[float],
    colour: str,
    label: str = "",
    *,
    line: str = "",
    times: float = 100,
) -> None:
    """Means with their intervals; without one where there is one seed."""
    means = [times * one.mean for one in estimates]
    ends = times * np.array([(one.low, one.high) for one in estimates], dtype=float)
    reach = np.nan_to_num(np.abs(ends - np.array(means)[:, np.newaxis]).T)
    axes.errorbar(
        list(places),
        means,
        yerr=reach,
        fmt=f"o{line}",
        color=colour,
        markersize=4,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=2,
        label=label or None,
    )
