"""Gain curve to verdict: from how many images per class on does pretraining stop helping?

Method. From the paired gains come draws of the plausible true mean gain at each N
(``stats.mean_draws``: seeds and test set, their noise pooled over N). Each draw is made falling
after its peak by least squares, and its last crossing of the margin is one plausible N*: a
projection posterior (Lin and Dunson 2014, Biometrika 101:303; Chakraborty and Ghosal 2021, Annals
of Statistics 49:1011). Nothing says where between two N the curve falls, so the place in the gap is
drawn about the straight line's. The interval of N* takes quantiles of the crossings; crossings
outside the grid leave it open. ``benchmark.calibrate`` shows what it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from benchmark.stats import DRAWS, Floats, antitonic, mean_draws, mean_interval

VerdictKind = Literal["stops", "helps_throughout", "never_helps", "hurts", "undecided"]

TAILS = (0.02, 0.03)
"""Shares of the crossings left out below and above. The last of several noisy crossings leans
late, hence the smaller share below."""
GAP_SCALE = 0.6
"""How far a curve may bend between two N: logistic scale of the log-odds of the crossing's place in
the gap. 0 is a straight line; 1 makes every place equally likely half way down."""
GAP_LEAN = 0.3
"""Gain curves flatten as they fall: crossings lie before the straight line's, by this log-odds."""
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
    reason: str
    """One plain sentence."""
    hurts_from: float | None = None
    """Images per class from which on the gain is below minus the margin; only for *hurts*."""


@dataclass(frozen=True)
class _Draws:
    """Plausible true gain curves and what follows from them."""

    sizes: tuple[int, ...]
    raw: Floats
    """[draws, sizes], as measured plus noise."""
    falling: Floats
    """The same, falling after their peak."""


def verdict(cells: Sequence[GainCell], margin: float = 0.01) -> Verdict:
    """Verdict on paired gains at one or more N; cells without gains count as missing.

    ``margin`` is the gain that counts as no help, an accuracy difference in 0..1 (1 not included).
    With one seed at every N nothing can be said of the noise, and the verdict is *undecided*.
    Raises ValueError if the margin is out of range, an N comes twice, or a gain is not a number in
    -1..1.
    """
    measured = _checked(cells, margin)
    gains = tuple(_estimate(cell) for cell in measured)
    if not any(len(cell.gains) > 1 for cell in measured):
        why = "There is one seed at most, so the noise is unknown: run at least three seeds."
        return Verdict("undecided", None, None, None, margin, gains, why)
    draws = _draws(measured)
    kind, low, high = _decide(draws, margin)
    crossover = _middle(draws, margin) if kind in ("stops", "hurts") else None
    hurts_from = None
    if kind == "hurts":
        hurts_from = _middle(draws, -margin) or float(draws.sizes[0])
    parts = (kind, crossover, low, high, margin, gains)
    return Verdict(*parts, _reason(draws, *parts[:-1], hurts_from), hurts_from)


def _checked(cells: Sequence[GainCell], margin: float) -> list[GainCell]:
    measured = sorted((c for c in cells if c.gains), key=lambda c: c.images_per_class)
    if not 0 <= margin < 1:
        raise ValueError(f"margin is {margin}, not in 0..1")
    if len({cell.images_per_class for cell in measured}) < len(measured):
        raise ValueError("there are two cells with the same images per class")
    if not all(-1 <= gain <= 1 for cell in measured for gain in cell.gains):
        raise ValueError("a gain is not a number between -1 and 1")
    return measured


def _estimate(cell: GainCell) -> GainEstimate:
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
    rows = np.arange(len(falling))
    left = np.clip(above - 1, 0, None)
    right = np.clip(above, None, len(places) - 1)
    before = np.maximum(falling[rows, left] - margin, 1e-12)
    after = np.maximum(margin - falling[rows, right], 1e-12)
    odds = before / after * _bends(len(falling))
    inside = places[left] + odds / (1 + odds) * (places[right] - places[left])
    ended = np.where(above == len(places), np.inf, inside)
    return np.asarray(np.where(above == 0, -np.inf, ended))


@cache
def _bends(count: int) -> Floats:
    """Log-logistic factors for the odds of a crossing's place in its gap, in mixed order."""
    level = (np.random.default_rng(2).permutation(count) + 0.5) / count
    return np.asarray(np.exp(GAP_SCALE * np.log(level / (1 - level)) - GAP_LEAN))


def _decide(draws: _Draws, margin: float) -> tuple[VerdictKind, float | None, float | None]:
    """Kind of verdict, and the ends of the interval of N*."""
    places = np.sort(crossings(draws.sizes, draws.falling, margin))
    bottom, top = places[int(TAILS[0] * DRAWS)], places[int((1 - TAILS[1]) * DRAWS)]
    low, high = _images(bottom), _images(top)
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
    return float(2**place) if np.isfinite(place) else None


def _reason(
    draws: _Draws,
    kind: VerdictKind,
    crossover: float | None,
    low: float | None,
    high: float | None,
    margin: float,
    hurts_from: float | None,
) -> str:
    points, largest = f"{100 * margin:g} percentage points", draws.sizes[-1]
    stop = f"Pretraining stops helping at about {_round(crossover)} images per class"
    if kind == "stops":
        return f"{stop}: from there on its gain is no longer above {points}."
    if kind == "helps_throughout":
        return (
            f"At {largest} images per class, the most measured, the gain is still above {points}."
        )
    if kind == "never_helps":
        return f"At no number of images per class measured is the gain above {points}."
    if kind == "hurts":
        before = "" if crossover is None else f"{stop}, and "
        cost = f"from about {_round(hurts_from)} on it costs more than {points}."
        return before + cost if before else cost[0].upper() + cost[1:]
    return f"{_unknown(largest, low, high, points)}: more seeds or test images would tell."


def _unknown(largest: int, low: float | None, high: float | None, points: str) -> str:
    if low is not None:
        return f"The gain may or may not be above {points} still at {largest} images per class"
    if high is not None:
        return f"It is not clear that the gain is above {points} even at few images per class"
    return f"The noise is too large to say where, if anywhere, the gain is above {points}"


def _round(images: float | None) -> str:
    return "-" if images is None else f"{images:.3g}"
