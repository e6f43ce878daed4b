"""Gain curve to verdict: from how many images per class on does pretraining stop helping?

Method. From the paired gains come draws of the plausible true mean gain at each N
(``stats.Pooled``: seeds and test set, their noise pooled over N). Each draw is made falling
after its peak by weighted least squares, and its last crossing of the margin is one plausible N*: a
projection posterior (Lin and Dunson 2014, Biometrika 101:303; Chakraborty and Ghosal 2021, Annals
of Statistics 49:1011). Nothing says where between two N the curve falls, gradually or at once, so
the place is drawn evenly in log N within the gap. The interval of N* takes quantiles of the
crossings; crossings outside the grid leave it open. ``make calibrate`` shows what it covers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from benchmark.analysis.gains import (
    GainCell,
    GainEstimate,
    estimates,
    have_noise,
    pooled_gains,
    with_noise,
)
from benchmark.analysis.grounds import Grounds, grounds_of, pooled_mean
from benchmark.analysis.stats import DRAWS, LEVEL, Floats, antitonic
from benchmark.defaults import MARGIN

VerdictKind = Literal["stops", "helps_throughout", "never_helps", "hurts", "undecided"]

FALSE_START = 0.2
"""The interval is open below unless fewer draws than this share of a tail are nowhere above the
margin: of several N without a gain, one is likely to look as if it had one."""
FALSE_END = 0.8
"""It is open above unless fewer draws than this share of a tail are above the margin at the largest
N: a curve that is made falling ends below what was measured there."""


@dataclass(frozen=True)
class Verdict:
    """Whether and from which N on pretraining stops helping."""

    kind: VerdictKind
    crossover: float | None
    """N* in images per class; None where there is none, where too little is known of it, and where
    it hurts later and may never have helped."""
    low: float | None
    """Lower end of the interval of N*; None where open. The largest N measured if the gain is
    above the margin throughout."""
    high: float | None
    """Upper end; None where open."""
    margin: float
    gains: tuple[GainEstimate, ...]
    grounds: Grounds
    hurts_from: float | None = None
    """Images per class from which on the gain is below minus the margin; only for *hurts*."""
    hurts_low: float | None = None
    """Lower end of the interval of that place; None where open, and for other kinds."""
    hurts_high: float | None = None
    """Upper end, None where open; the smallest N measured where it surely hurts there."""

    @property
    def gain_at(self) -> dict[int, GainEstimate]:
        """N -> gain."""
        return {gain.images_per_class: gain for gain in self.gains}

    @property
    def claimed(self) -> tuple[float | None, float | None]:
        """The ends of N* as the verdict claims them, None where open: what never helps stops doing
        so by the smallest N."""
        if self.kind == "never_helps" or (self.kind == "hurts" and self.high is None):
            return None, float(self.gains[0].images_per_class)
        return self.low, self.high

    @property
    def doublings(self) -> float:
        """How wide that is in doublings of N, an open end counted to the end of the sizes."""
        low, high = self.claimed
        first, last = (self.gains[k].images_per_class for k in (0, -1))
        return max(math.log2((high or last) / (low or first)), 0.0)


@dataclass(frozen=True)
class _Draws:
    """Plausible true gain curves and what follows from them."""

    sizes: tuple[int, ...]
    raw: Floats
    """[draws, sizes], as measured plus noise."""
    falling: Floats
    """The same, falling after their peak."""


def verdict(cells: Sequence[GainCell], margin: float = MARGIN, level: float = LEVEL) -> Verdict:
    """Verdict on paired gains at one or more N; cells without gains count as missing.

    ``margin`` is the gain that counts as no help, an accuracy difference in 0..1 (1 not included).
    ``level``, 0..1, is that of the interval of N*, and (1 + level) / 2 of the draws must agree
    before a verdict claims something; the gains' own intervals are of 95% in any case.
    With one seed at every N nothing can be said of the noise, and the verdict is *undecided*.
    Raises ValueError if the margin is out of range, an N comes twice, or a gain is not a number in
    -1..1.
    """
    measured = _checked(cells, margin)
    sizes = tuple(cell.images_per_class for cell in measured)
    nothing = Grounds(None, None, sizes)
    if not have_noise(measured):
        return Verdict("undecided", None, None, None, margin, estimates(measured), nothing)
    known = pooled_gains(measured)
    raw = known.draws()
    draws = _Draws(sizes, raw, falling_after_peak(raw, 1 / known.variances))
    kind, low, high = _decide(draws, margin, (1 - level) / 2)
    crossover = _middle(draws, margin) if kind in ("stops", "hurts") and low else None
    gains = with_noise(measured, known)
    found = Verdict(kind, crossover, low, high, margin, gains, nothing)
    if kind == "hurts":
        found = _hurting(found, draws, (1 - level) / 2)
    return replace(found, grounds=grounds_of(sizes, raw, *found.claimed))


def _checked(cells: Sequence[GainCell], margin: float) -> list[GainCell]:
    measured = sorted((c for c in cells if c.gains), key=lambda c: c.images_per_class)
    if not 0 <= margin < 1:
        raise ValueError(f"margin is {margin}, not in 0..1")
    if len({cell.images_per_class for cell in measured}) < len(measured):
        raise ValueError("there are two cells with the same images per class")
    if not all(-1 <= gain <= 1 for cell in measured for gain in cell.gains):
        raise ValueError("a gain is not a number between -1 and 1")
    return measured


def falling_after_peak(curves: Floats, weights: Floats) -> Floats:
    """Each row made falling from its highest value on; before that it is set to the highest.

    ``curves`` is [rows, sizes], ``weights`` [sizes].
    """
    columns = np.arange(curves.shape[1])
    peak = curves.argmax(axis=1)[:, None]
    lifted = np.where(columns < peak, curves.max(axis=1, keepdims=True), curves)
    return antitonic(lifted, weights)


def crossings(sizes: Sequence[int], falling: Floats, margin: float) -> Floats:
    """log2 of the N at which each falling row reaches the margin.

    Minus infinity where a row is never above the margin, infinity where it is so at the last N.
    """
    places = np.log2(sizes)
    above = (falling > margin).sum(axis=1)
    left = np.clip(above - 1, 0, None)
    right = np.clip(above, None, len(places) - 1)
    inside = places[left] + _shares(len(falling)) * (places[right] - places[left])
    ended = np.where(above == len(places), np.inf, inside)
    return np.asarray(np.where(above == 0, -np.inf, ended))


@cache
def _shares(count: int) -> Floats:
    """Where in its gap each row crosses: shares in 0..1, evenly spread and in mixed order."""
    return np.random.default_rng(3).permutation((np.arange(count) + 0.5) / count)


def _decide(
    draws: _Draws, margin: float, tail: float
) -> tuple[VerdictKind, float | None, float | None]:
    """Kind of verdict, and the ends of the interval of N*.

    ``tail``: share of the crossings left out at either end, and of the draws that may disagree.
    """
    places = np.sort(crossings(draws.sizes, draws.falling, margin))
    bottom, top = places[int(tail * DRAWS)], places[int((1 - tail) * DRAWS)]
    low = None if places[int(FALSE_START * tail * DRAWS)] == -np.inf else _images(bottom)
    high = None if places[int((1 - FALSE_END * tail) * DRAWS)] == np.inf else _images(top)
    if np.mean(draws.falling[:, -1] < -margin) >= 1 - tail:
        return "hurts", low, high
    if bottom == np.inf:
        return "helps_throughout", float(draws.sizes[-1]), None
    if low is not None and high is not None:
        return "stops", low, high
    if _never_above(draws.raw, margin, tail):
        return "never_helps", None, None
    return "undecided", low, high


def _never_above(raw: Floats, margin: float, tail: float) -> bool:
    """Whether no N looks above the margin, and all of them together are surely below.

    To be sure at every single N would take many seeds at the small ones.
    """
    looks_above = np.mean(raw, axis=0) > margin
    return not looks_above.any() and bool(np.mean(pooled_mean(raw) < margin) >= 1 - tail)


def _hurting(found: Verdict, draws: _Draws, tail: float) -> Verdict:
    places = np.sort(crossings(draws.sizes, draws.falling, -found.margin))
    low, middle, high = (places[int(at * DRAWS)] for at in (tail, 0.5, 1 - tail))
    # Below the grid it is at the smallest N, but for the lower end; above it an end is open.
    first = np.log2(draws.sizes[0])
    return replace(
        found,
        hurts_from=_images(max(middle, first)),
        hurts_low=_images(low),
        hurts_high=_images(max(high, first)),
    )


def _middle(draws: _Draws, margin: float) -> float | None:
    """Median crossing in images per class; None if it is outside the grid."""
    return _images(np.sort(crossings(draws.sizes, draws.falling, margin))[DRAWS // 2])


def _images(place: float) -> float | None:
    return round(float(2**place), 6) if np.isfinite(place) else None
