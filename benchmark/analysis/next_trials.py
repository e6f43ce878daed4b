"""Which trials to run next, and when to stop: trials where they decide. Pure.

A sweep starts with a few seeds at a few N and goes on in rounds. After each one it looks at the
verdict, and stops where that is settled. The looks are at a higher level than the interval that is
printed in the end: whoever looks again and again is wrong more often than who looks once (Armitage,
McPherson and Rowe 1969, Journal of the Royal Statistical Society A 132:235). ``make calibrate``
shows how often the rule stops at a wrong verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from benchmark.analysis.crossover import Verdict, verdict
from benchmark.analysis.gains import (
    GainCell,
    GainEstimate,
    Pair,
    gain_cells,
    have_noise,
    pooled_gains,
)

LOOK = 0.98
"""Level of the verdicts that a sweep stops at. With 95% at every look one in eight was wrong in the
worst simulated scene."""
WIDEST = 2.5
"""Doublings of N, about two steps of a grid. A sweep does not stop at a wider interval of N* unless
no N of the grid lies inside it."""
OPENING = (1, 5, 20, 100)
"""Images per class at which every sweep starts, or the nearest of its grid; and at the largest."""
FIRST_AT_SMALLEST = 5
"""Seeds that the smallest N of a grid starts with. There noise is largest and trainings are short.
With three, the 95% interval of the gain at N = 1 held it in 87% of the simulated starts, for four
other N tell little of its noise."""
FIRST = 3
"""Seeds that any other N starts with: with fewer it says next to nothing of its noise."""
MORE = 2
"""Seeds that an N gets at a time."""
CELLS = 2
"""How many N get them in a round."""
MOST_SEEDS = 20
"""No N gets more: of the seeds' part of its variance two more would take less than a tenth."""
DOUBT = 2.0
"""Where seeds go, the errors of gains count as so many times as large. An N that looks decided by
luck would otherwise never be looked at again: where the gain was the margin at every N, 6% of the
verdicts were wrong in the worst simulated scene."""
MOST_BY_IMAGES = 0.7
"""Share of the variance of the undecided gains by the test images beyond which seeds are wasted."""
EVEN_SEEDS = 10
"""Seeds at every N of the grid whose cost is the budget, unless another is given."""

StopReason = Literal["decided", "images", "spent", "seeds", "failed"]
"""The verdict is settled; the test images hold it open; the budget is spent; every N that could
tell has the most seeds; too few trials succeeded for any verdict."""


@dataclass(frozen=True)
class Sampled:
    """What was run so far of one task and backbone."""

    grid: tuple[int, ...]
    """The N that may be measured, rising."""
    seeds: Mapping[int, int]
    """N -> seeds that were run there, whatever came of them."""
    pairs: Sequence[Pair]
    """The two arms that decide, from the trials that succeeded."""
    costs: Mapping[int, float]
    """N of the grid -> what one more seed costs there, all arms together, e.g. in seconds."""
    budget: float | None = None
    """In all, in the unit of the costs; None: that of `EVEN_SEEDS` at every N of the grid."""

    @property
    def spent(self) -> float:
        """What the seeds so far cost."""
        return math.fsum(self.costs[n] * count for n, count in self.seeds.items())

    @property
    def left(self) -> float:
        """Of the budget; below zero where it is overspent."""
        even = EVEN_SEEDS * math.fsum(self.costs[n] for n in self.grid)
        return (even if self.budget is None else self.budget) - self.spent

    @property
    def saved(self) -> float:
        """Share of the trials of `EVEN_SEEDS` at every N that were not run."""
        return 1 - sum(self.seeds.values()) / (EVEN_SEEDS * len(self.grid))


@dataclass(frozen=True)
class Choice:
    """An N at which trials are added."""

    images_per_class: int
    seeds: int
    """How many there shall be."""
    above: float | None = None
    """Probability that the gain is above the margin there; None at an N that is new."""
    drop: float = 1.0
    """Share of the variance of the gain that the added seeds take away."""


@dataclass(frozen=True)
class Add:
    """Run these, and ask again."""

    choices: tuple[Choice, ...]
    look: Verdict | None
    """What is known so far, at the level of a look; None before the first one."""

    @property
    def seeds(self) -> dict[int, int]:
        """N -> how many there shall be, where some are added."""
        return {one.images_per_class: one.seeds for one in self.choices}


@dataclass(frozen=True)
class Stop:
    """Run no more."""

    why: StopReason
    look: Verdict
    saved: float
    """Share of the trials of `EVEN_SEEDS` at every N of the grid that were not run."""
    by_images: float = 0.0
    """Share of the variance of the undecided gains that is the test images'."""
    test_images: int | None = None
    """About so many would make it half; only where they hold the verdict open."""


Step = Add | Stop


def next_trials(sampled: Sampled, margin: float) -> Step:
    """What to do next; the same answer for the same trials.

    First every N of the opening, and every other that was begun, gets its first seeds. As long as
    the verdict is not settled, all N of the grid inside the interval of N* are opened, since
    nothing else tells where it lies between two N; then two more seeds go to the two N where they
    are worth most: by ``p (1 - p)``, p the probability that the gain is above the margin (see
    `DOUBT`), times the share of its variance that they take away, over their cost.
    """
    begun = {*opening(sampled.grid), *sampled.seeds}
    start = [one for one in _opened(sorted(begun), sampled.grid) if _lacks(sampled, one)]
    if start:
        return Add(tuple(start), None)
    cells = gain_cells(sampled.pairs)
    look = verdict(cells, margin, LOOK)
    if not have_noise(cells):
        return Stop("failed", look, sampled.saved)
    inside = _inside(sampled.grid, look)
    if look.kind != "undecided" and (look.doublings <= WIDEST or not inside):
        return Stop("decided", look, sampled.saved)
    if new := [n for n in inside if n not in sampled.seeds]:
        return _affordable(_opened(new, sampled.grid), sampled, look)
    return _more(cells, sampled, look)


def opening(grid: Sequence[int]) -> list[int]:
    """The N of a grid that a sweep starts with, rising."""
    near = {min(grid, key=lambda n: abs(math.log2(n / wanted))) for wanted in OPENING}
    return sorted({*near, max(grid)})


def _opened(sizes: Sequence[int], grid: Sequence[int]) -> list[Choice]:
    return [Choice(n, FIRST_AT_SMALLEST if n == min(grid) else FIRST) for n in sizes]


def _lacks(sampled: Sampled, choice: Choice) -> bool:
    return sampled.seeds.get(choice.images_per_class, 0) < choice.seeds


def _inside(grid: Sequence[int], look: Verdict) -> list[int]:
    low, high = look.claimed
    return [n for n in grid if (low or 0.0) < n < (high or math.inf)]


def _more(cells: Sequence[GainCell], sampled: Sampled, look: Verdict) -> Step:
    """Seeds where they are worth most, unless the test images make them worth too little."""
    known = pooled_gains(cells)
    by_images = known.of_test / known.variances
    unsure = np.array([_unsure(gain, look.margin) for gain in look.gains])
    held = float(np.average(by_images, weights=unsure))
    if held > MOST_BY_IMAGES:
        return Stop("images", look, sampled.saved, held, _for_half(held, sampled.pairs))
    drops = (1 - by_images) * [MORE / (len(cell.gains) + MORE) for cell in cells]
    worth = unsure * drops / [sampled.costs[cell.images_per_class] for cell in cells]
    sizes = [cells[k].images_per_class for k in np.argsort(-worth, kind="stable")]
    able = [n for n in sizes if sampled.seeds[n] + MORE <= MOST_SEEDS]
    if not able:
        return Stop("seeds", look, sampled.saved)
    drop = dict(zip(look.gain_at, drops.tolist(), strict=True))
    above = {n: gain.p_below(look.margin) for n, gain in look.gain_at.items()}
    chosen = [Choice(n, sampled.seeds[n] + MORE, above[n], drop[n]) for n in able[:CELLS]]
    return _affordable(chosen, sampled, look)


def _unsure(gain: GainEstimate, margin: float) -> float:
    """How open it is whether a gain is above the margin, 0..1/4."""
    error = None if gain.error is None else DOUBT * gain.error
    above = replace(gain, error=error).p_below(margin)
    # A trace for all, where every gain is sure and yet the verdict is not.
    return above * (1 - above) + 1e-9


def _for_half(held: float, pairs: Sequence[Pair]) -> int:
    """Test images that would hold half of a variance of which these hold the share ``held``."""
    images = next(pair.test_images for pair in pairs if pair.test_images is not None)
    return round(images * held / (1 - held))


def _affordable(choices: Sequence[Choice], sampled: Sampled, look: Verdict) -> Step:
    """Those that the rest of the budget pays for, in their order."""
    left, kept = sampled.left, []
    for one in choices:
        more = one.seeds - sampled.seeds.get(one.images_per_class, 0)
        cost = more * sampled.costs[one.images_per_class]
        if cost <= left:
            kept.append(one)
            left -= cost
    return Add(tuple(kept), look) if kept else Stop("spent", look, sampled.saved)
