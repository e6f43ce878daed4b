"""Whether a crossover survives another recipe: the scratch-fairness certificate. Pure.

The cells that decide a crossover are run again with other settings, the same alternatives for both
arms. A better setting that moves the verdict makes the crossover void: it rested on an arm that was
trained badly. Help that lasts is unsettled where twice the steps of scratch take more than the
margin from the gain and its loss is falling even then: nobody knows what four times would take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark.analysis import crossover
from benchmark.analysis.crossover import GainCell, Verdict
from benchmark.records.recipe import ALTERNATIVES, TWICE


@dataclass(frozen=True)
class Certificate:
    """What the alternatives say of one pretrained arm's verdict."""

    status: Literal["holds", "void", "unsettled", "incomplete"]
    better: tuple[str, ...] = ()
    """Arm and setting, e.g. ``scratch steps-x2``, that do better and move the verdict or might."""


@dataclass(frozen=True)
class Retrial:
    """The deciding cells with one arm's setting changed."""

    arm: str
    alternative: str
    cells: Mapping[int, GainCell]
    """N -> the gains with the changed arm in the place of the original."""
    improvement: float
    """Mean accuracy over these cells less that of the original setting, paired by seed."""
    improvement_low: float | None = None
    improvement_high: float | None = None
    """95% interval of it; None where there is one pair only."""
    unfinished: frozenset[int] = frozenset()
    """N at which the loss of most trainings with the changed setting was still falling."""


def deciding_sizes(verdict: Verdict) -> tuple[int, ...]:
    """The grid's N on both sides of N*, and the largest N."""
    sizes = [gain.images_per_class for gain in verdict.gains]
    if not sizes:
        return ()
    chosen = {sizes[-1]}
    if verdict.crossover is not None:
        position = int(np.searchsorted(sizes, verdict.crossover))
        chosen |= set(sizes[max(0, position - 1) : position + 1])
    return tuple(sorted(chosen))


def certify(
    original: Verdict, cells: Sequence[GainCell], retrials: Sequence[Retrial], arms: Sequence[str]
) -> Certificate:
    """Judges each retrial alone; ``arms`` are those of which every alternative must be there."""
    needed = {(arm, alternative) for arm in arms for alternative in ALTERNATIVES}
    complete = {
        (r.arm, r.alternative) for r in retrials if set(deciding_sizes(original)) <= set(r.cells)
    }
    better = [r for r in retrials if r.improvement > 0 and _moves(original, cells, r)]
    if better:
        better.sort(key=lambda r: -r.improvement)
        return Certificate("void", tuple(f"{r.arm} {r.alternative}" for r in better))
    if not needed <= complete:
        return Certificate("incomplete")
    open_ended = tuple(f"{r.arm} {r.alternative}" for r in retrials if _leaves_open(original, r))
    return Certificate("unsettled" if open_ended else "holds", open_ended)


def _leaves_open(original: Verdict, retrial: Retrial) -> bool:
    """Whether help lasts, but more steps took some of it and even more might take the rest."""
    if original.kind != "helps_throughout" or retrial.alternative != TWICE:
        return False
    largest = original.gains[-1]
    cell = retrial.cells.get(largest.images_per_class)
    if cell is None or largest.images_per_class not in retrial.unfinished:
        return False
    return largest.mean - crossover.estimate(cell).mean > original.margin


def _moves(original: Verdict, cells: Sequence[GainCell], retrial: Retrial) -> bool:
    replaced = [retrial.cells.get(cell.images_per_class, cell) for cell in cells]
    verdict = crossover.verdict(replaced, original.margin)
    if verdict.kind != original.kind:
        return True
    if verdict.crossover is None:
        return False
    low, high = original.low or 0.0, original.high or float("inf")
    return not low <= verdict.crossover <= high
