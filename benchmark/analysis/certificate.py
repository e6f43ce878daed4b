"""Whether a crossover survives another recipe: the scratch-fairness certificate. Pure.

The cells that decide a crossover are run again with other settings, the same alternatives for both
arms. A setting that is surely better and moves the verdict makes it void: it rested on an arm that
was trained badly. Both are asked of the same seeds, so that an audit with few of them is not taken
for another recipe's doing. It is unsettled where a better setting moves the verdict and may be
better by chance; where twice the steps of scratch take more than the margin from a gain that lasts
and its loss is falling even then, for nobody knows what four times would take; where an alternative
was not run on seeds that bear the verdict by themselves; and where there is no verdict that could
hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark.analysis import crossover
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.gains import GainCell
from benchmark.records.recipe import ALTERNATIVES, TWICE

Doubt = Literal["undecided", "moved", "incomplete", "still_falling"]


@dataclass(frozen=True)
class Certificate:
    """What the alternatives say of one pretrained arm's verdict."""

    status: Literal["holds", "void", "unsettled"]
    better: tuple[str, ...] = ()
    """Arm and setting, e.g. ``scratch steps-x2``, that move the verdict or might, the best first;
    empty where none does."""
    doubt: Doubt | None = None
    """Why it is unsettled; None if it is not."""


@dataclass(frozen=True)
class Retrial:
    """The deciding cells with one arm's setting changed."""

    arm: str
    alternative: str
    cells: Mapping[int, GainCell]
    """N -> the gains with the changed arm in the place of the original."""
    before: Mapping[int, GainCell]
    """The same N -> the original gains of the same seeds."""
    improvement: float
    """Mean accuracy over these cells less that of the original setting, paired by seed."""
    improvement_low: float | None = None
    improvement_high: float | None = None
    """95% interval of it; None where there is one seed only."""
    unfinished: frozenset[int] = frozenset()
    """N at which the loss of most trainings with the changed setting was still falling."""

    @property
    def surely_better(self) -> bool:
        """Whether the interval of the improvement lies above zero."""
        return self.improvement_low is not None and self.improvement_low > 0

    @property
    def name(self) -> str:
        """Arm and setting."""
        return f"{self.arm} {self.alternative}"


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
    if original.kind == "undecided":
        return Certificate("unsettled", doubt="undecided")
    moving = [r for r in retrials if r.improvement > 0 and _moves(original, cells, r)]
    if void := _names(r for r in moving if r.surely_better):
        return Certificate("void", void)
    if moving:
        return Certificate("unsettled", _names(moving), "moved")
    if open_ended := _names(r for r in retrials if _leaves_open(original, r)):
        return Certificate("unsettled", open_ended, "still_falling")
    complete = {(r.arm, r.alternative) for r in retrials if _is_complete(original, cells, r)}
    if not {(arm, name) for arm in arms for name in ALTERNATIVES} <= complete:
        return Certificate("unsettled", doubt="incomplete")
    return Certificate("holds")


def _names(retrials: Iterable[Retrial]) -> tuple[str, ...]:
    return tuple(r.name for r in sorted(retrials, key=lambda r: -r.improvement))


def _is_complete(original: Verdict, cells: Sequence[GainCell], retrial: Retrial) -> bool:
    """Whether it can vouch for the verdict: with few seeds nothing could have moved."""
    run_again = set(deciding_sizes(original)) <= set(retrial.cells)
    return run_again and not _differs(_with(retrial.before, cells, original.margin), original)


def _with(some: Mapping[int, GainCell], cells: Sequence[GainCell], margin: float) -> Verdict:
    """The verdict on the cells with some of them replaced."""
    return crossover.verdict([some.get(c.images_per_class, c) for c in cells], margin)


def _leaves_open(original: Verdict, retrial: Retrial) -> bool:
    """Whether help lasts, but more steps took some of it and even more might take the rest."""
    if original.kind != "helps_throughout" or retrial.alternative != TWICE:
        return False
    largest = original.gains[-1].images_per_class
    if largest not in retrial.cells or largest not in retrial.unfinished:
        return False
    before, after = _means_at(largest, retrial)
    return retrial.improvement > 0 and before - after > original.margin


def _means_at(n: int, retrial: Retrial) -> tuple[float, float]:
    """The mean gain at N before and with the changed arm."""
    before, after = (float(np.mean(cells[n].gains)) for cells in (retrial.before, retrial.cells))
    return before, after


def _moves(original: Verdict, cells: Sequence[GainCell], retrial: Retrial) -> bool:
    """Whether the verdict with the changed arm differs both from the verdict and from what the
    seeds of the retrial make of the original recipe."""
    before, after = (_with(one, cells, original.margin) for one in (retrial.before, retrial.cells))
    if original.kind == "hurts" and _no_longer_hurts(original, retrial):
        return True
    return _differs(after, before) and _differs(after, original)


def _no_longer_hurts(original: Verdict, retrial: Retrial) -> bool:
    """Whether it costs less than the margin at the largest N, where it cost more before.

    That is where the verdict was decided. A curve that is made falling would be held down there by
    smaller N, which were not run again.
    """
    largest = original.gains[-1].images_per_class
    if largest not in retrial.cells:
        return False
    before, after = _means_at(largest, retrial)
    return before < -original.margin <= after


def _differs(verdict: Verdict, other: Verdict) -> bool:
    """Whether it is of another kind, or its crossover outside the other's interval."""
    if verdict.kind != other.kind:
        return True
    if verdict.crossover is None:
        return False
    return not (other.low or 0.0) <= verdict.crossover <= (other.high or float("inf"))
