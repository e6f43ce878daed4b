"""Gain curve to verdict: from how many images per class on does pretraining stop helping?

Method. From the paired gains come draws of the plausible true mean gain at each N
(``stats.mean_draws``: seeds and test set, their noise pooled over N). Each draw is made falling
after its peak by least squares, and its last crossing of the margin is one plausible N*: a
projection posterior (Lin and Dunson 2014, Biometrika 101:303; Chakraborty and Ghosal 2021, Annals
of Statistics 49:1011). Nothing says where between two N the curve falls, so the place in the gap is
drawn too (see ``_log_odds``). The interval of N* takes quantiles of the crossings; crossings
outside the grid leave it open. ``benchmark.calibrate`` shows what it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.analysis.stats import DRAWS, Floats, antitonic, mean_draws, mean_interval
from benchmark.defaults import MARGIN

Integers = NDArray[np.intp]
VerdictKind = Literal["stops", "helps_throughout", "never_helps", "hurts", "undecided"]

TAIL = 0.025
"""Share of the crossings left out at either end of the interval."""
GAP_LEAN = 0.2
"""How much before its expected place in the gap a crossing lies on average, in log-odds: gain
curves flatten as they fall."""
GAP_SCALE = 0.1
"""Logistic scale of a crossing's place in its gap, in log-odds, where the fall flattens."""
BLIND_SCALE = 0.5
"""The same where the curve before does not help: after its peak, or where it gets steeper."""
MOST_EARLY = -6.0
"""Lower limit of the line's log-odds against the chord's, for lines that fall off a cliff."""
TINY = 1e-9
FALSE_START = 0.005
"""The interval is open below unless fewer draws than this share are nowhere above the margin:
of several N without a gain, one is likely to look as if it had one."""
SURE = 0.975
"""Share of the draws that must agree before a verdict claims something."""


@dataclass(frozen=True)
class GainCell:
    """Paired gains at one N."""

    images_per_class: int
    seeds: tuple[int, ...]
    gains: tuple[float, ...]
    """Accuracy(pretrained) - accuracy(scratch), per seed, -1..1."""
    test_variance: float = 0.0
    """Variance of the mean gain because the test set is a sample; 0 if unknown."""


@dataclass(frozen=True)
class GainEstimate:
    """What the table shows at one N."""

    images_per_class: int
    seeds: int
    mean: float
    low: float | None
    """None: no interval can be claimed (one seed)."""
    high: float | None


@dataclass(frozen=True)
class Verdict:
    """Whether and from which N on pretraining stops helping."""

    kind: VerdictKind
    crossover: float | None
    """N* in images per class; None where there is none or too little is known of it."""
    low: float | None
    """Lower end of the 95% interval of N*; None where open. The largest N measured if the gain is
    above the margin throughout."""
    high: float | None
    """Upper end; None where open."""
    margin: float
    gains: tuple[GainEstimate, ...]
    hurts_from: float | None = None
    """Images per class from which on the gain is below minus the margin; only for *hurts*."""

    @property
    def gain_at(self) -> dict[int, GainEstimate]:
        """N -> gain."""
        return {gain.images_per_class: gain for gain in self.gains}


@dataclass(frozen=True)
class _Draws:
    """Plausible true gain curves and what follows from them."""

    sizes: tuple[int, ...]
    raw: Floats
    """[draws, sizes], as measured plus noise."""
    falling: Floats
    """The same, falling after their peak."""


def verdict(cells: Sequence[GainCell], margin: float = MARGIN) -> Verdict:
    """Verdict on paired gains at one or more N; cells without gains count as missing.

    ``margin`` is the gain that counts as no help, an accuracy difference in 0..1 (1 not included).
    With one seed at every N nothing can be said of the noise, and the verdict is *undecided*.
    Raises ValueError if the margin is out of range, an N comes twice, or a gain is not a number in
    -1..1.
    """
    measured = _checked(cells, margin)
    gains = tuple(map(estimate, measured))
    if not any(len(cell.gains) > 1 for cell in measured):
        return Verdict("undecided", None, None, None, margin, gains)
    draws = _draws(measured)
    kind, low, high = _decide(draws, margin)
    crossover = _middle(draws, margin) if kind in ("stops", "hurts") else None
    hurts_from = None
    if kind == "hurts":
        hurts_from = _middle(draws, -margin) or float(draws.sizes[0])
    return Verdict(kind, crossover, low, high, margin, gains, hurts_from)


def _checked(cells: Sequence[GainCell], margin: float) -> list[GainCell]:
    measured = sorted((c for c in cells if c.gains), key=lambda c: c.images_per_class)
    if not 0 <= margin < 1:
        raise ValueError(f"margin is {margin}, not in 0..1")
    if len({cell.images_per_class for cell in measured}) < len(measured):
        raise ValueError("there are two cells with the same images per class")
    if not all(-1 <= gain <= 1 for cell in measured for gain in cell.gains):
        raise ValueError("a gain is not a number between -1 and 1")
    return measured


def estimate(cell: GainCell) -> GainEstimate:
    """The mean gain of a cell and its interval."""
    mean, low, high = mean_interval(cell.gains, cell.test_variance)
    return GainEstimate(cell.images_per_class, len(cell.gains), mean, low, high)


def _draws(cells: Sequence[GainCell]) -> _Draws:
    sizes = tuple(cell.images_per_class for cell in cells)
    raw = mean_draws(sizes, [c.gains for c in cells], [c.test_variance for c in cells])
    return _Draws(sizes, raw, falling_after_peak(raw))


def falling_after_peak(curves: Floats) -> Floats:
    """Each row made falling from its highest value on; before that it is set to the highest."""
    columns = np.arange(curves.shape[1])
    peak = curves.argmax(axis=1)[:, None]
    lifted = np.where(columns < peak, curves.max(axis=1, keepdims=True), curves)
    return antitonic(lifted, np.ones(curves.shape[1]))


def crossings(sizes: Sequence[int], falling: Floats, margin: float) -> Floats:
    """log2 of the N at which each falling row reaches the margin.

    Minus infinity where a row is never above the margin, infinity where it is so at the last N.
    """
    places = np.log2(sizes)
    above = (falling > margin).sum(axis=1)
    left = np.clip(above - 1, 0, None)
    right = np.clip(above, None, len(places) - 1)
    share = _expit(_log_odds(places, falling - margin, left, right))
    inside = places[left] + share * (places[right] - places[left])
    ended = np.where(above == len(places), np.inf, inside)
    return np.asarray(np.where(above == 0, -np.inf, ended))


def _log_odds(places: Floats, excess: Floats, left: Integers, right: Integers) -> Floats:
    """Where in the gap each row crosses: log-odds of the share of the gap before the crossing.

    A curve that flattens as it falls crosses before the chord between the gap's ends, and after
    the line through the two N before it; a kink at the crossing makes it the latter. So the place
    is drawn evenly between the two, and then a little about that. Where the line does not come
    before the chord, the place is drawn about the chord.
    """
    rows = np.arange(len(excess))
    before = np.maximum(excess[rows, left], TINY)
    after = np.maximum(-excess[rows, right], TINY)
    earlier = np.clip(left - 1, 0, None)
    fall = np.maximum(excess[rows, earlier] - before, TINY)
    run = np.where(left > 0, places[left] - places[earlier], 1.0)
    share = before / fall * run / np.where(right > left, places[right] - places[left], 1.0)
    chord = np.log(before / after)
    line = _logit(np.clip(share, TINY, 1 - TINY))
    flattens = (left > 0) & (line < chord)
    between, bend = _gap_draws(len(excess))
    informed = between * np.maximum(line - chord, MOST_EARLY) + GAP_SCALE * bend
    return np.asarray(chord + np.where(flattens, informed, BLIND_SCALE * bend) - GAP_LEAN)


@cache
def _gap_draws(count: int) -> tuple[Floats, Floats]:
    """Shares in 0..1 and standard logistic values, each evenly spread and in mixed order."""
    even = (np.arange(count) + 0.5) / count
    between = np.random.default_rng(3).permutation(even)
    return between, _logit(np.random.default_rng(2).permutation(even))


def _logit(share: Floats) -> Floats:
    return np.log(share) - np.log1p(-share)


def _expit(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))


def _decide(draws: _Draws, margin: float) -> tuple[VerdictKind, float | None, float | None]:
    """Kind of verdict, and the ends of the interval of N*."""
    places = np.sort(crossings(draws.sizes, draws.falling, margin))
    bottom, top = places[int(TAIL * DRAWS)], places[int((1 - TAIL) * DRAWS)]
    low = None if places[int(FALSE_START * DRAWS)] == -np.inf else _images(bottom)
    high = _images(top)
    if np.mean(draws.falling[:, -1] < -margin) >= SURE:
        starts_above = np.isfinite(places[DRAWS // 2])
        return ("hurts", low, high) if starts_above else ("hurts", None, None)
    if bottom == np.inf:
        return "helps_throughout", float(draws.sizes[-1]), None
    if low is not None and high is not None:
        return "stops", low, high
    if _never_above(draws.raw, margin):
        return "never_helps", None, None
    return "undecided", low, high


def _never_above(raw: Floats, margin: float) -> bool:
    """Whether no N looks above the margin, and all of them together are surely below.

    To be sure at every single N would take many seeds at the small ones.
    """
    precision = 1 / raw.var(axis=0)
    pooled = raw @ precision / precision.sum()
    looks_above = np.mean(raw, axis=0) > margin
    return not looks_above.any() and bool(np.mean(pooled < margin) >= SURE)


def _middle(draws: _Draws, margin: float) -> float | None:
    """Median crossing in images per class; None if it is outside the grid."""
    return _images(np.sort(crossings(draws.sizes, draws.falling, margin))[DRAWS // 2])


def _images(place: float) -> float | None:
    return round(float(2**place), 6) if np.isfinite(place) else None
