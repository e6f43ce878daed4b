"""True gain curves over log2 of N whose crossover is known, drawn anew for each simulated sweep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.stats import Floats
from benchmark.defaults import MARGIN

SIZES: Floats = np.array([1, 2, 5, 10, 20, 50, 100, 200], dtype=np.float64)
"""Images per class that every simulated sweep measures."""
PLACES: Floats = np.log2(SIZES)

Curve = Callable[[Floats], Floats]
"""True gain at places in log2(images per class)."""


@dataclass(frozen=True)
class Truth:
    """A curve whose crossover is known."""

    curve: Curve
    crossover: float | None
    """log2 of N*; None where the curve never falls to the margin, or is never above it."""


def smooth(rng: np.random.Generator) -> Truth:
    """A logistic fall in log N from 15-45 points to a floor between -3 points and 0."""
    star, top, floor = _star(rng), rng.uniform(0.15, 0.45), rng.uniform(-0.03, 0.0)
    steep = rng.uniform(0.5, 1.2)
    centre = star + steep * math.log((MARGIN - floor) / (top - MARGIN))
    return Truth(lambda x: floor + (top - floor) * _logistic((centre - x) / steep), star)


def kinked(rng: np.random.Generator) -> Truth:
    """A straight fall from 15-45 points, its slope changed at N* by a factor of 1/10 to 2."""
    star, top, floor = _star(rng), rng.uniform(0.15, 0.45), rng.uniform(-0.03, 0.0)
    slope, change = (top - MARGIN) / star, 2 ** rng.uniform(math.log2(0.1), 1.0)

    def curve(x: Floats) -> Floats:
        after = np.maximum(MARGIN - change * slope * (x - star), floor)
        return np.where(x < star, MARGIN + slope * (star - x), after)

    return Truth(curve, star)


def peaked(rng: np.random.Generator) -> Truth:
    """Either of the above, pressed to about zero at N = 1, where both arms are near chance."""
    truth = smooth(rng) if rng.random() < 0.5 else kinked(rng)
    assert truth.crossover is not None
    star = truth.crossover
    rise = rng.uniform(0.3, max(0.5, star / 2))
    whole = _logistic((star - rise) / 0.4)
    return Truth(lambda x: truth.curve(x) * _logistic((x - rise) / 0.4) / whole, star)


def bump(rng: np.random.Generator) -> Truth:
    """No gain at the smallest N, 5-20 points at one between 5 and 20, none again from N* on."""
    star, floor = rng.uniform(math.log2(20), math.log2(120)), rng.uniform(-0.03, 0.0)
    peak, height = rng.uniform(math.log2(5), math.log2(15)), rng.uniform(0.05, 0.2)
    slope = (height - MARGIN) / (star - peak)

    def curve(x: Floats) -> Floats:
        rising = height * np.clip((x - peak / 3) / (peak - peak / 3), 0, 1)
        return np.where(x < peak, rising, np.maximum(height - slope * (x - peak), floor))

    return Truth(curve, star)


def jump(rng: np.random.Generator) -> Truth:
    """All of 3-45 points at once, at N*, to a level between -3 points and half a point."""
    star, top, floor = _star(rng), rng.uniform(0.03, 0.45), rng.uniform(-0.03, 0.005)
    return Truth(lambda x: np.where(x < star, top, floor), star)


def slow(rng: np.random.Generator) -> Truth:
    """A straight fall from 3-8 points at N = 1 that goes on as slowly after N*."""
    star, top = rng.uniform(math.log2(10), math.log2(120)), rng.uniform(0.03, 0.08)
    slope = (top - MARGIN) / star
    return Truth(lambda x: MARGIN + slope * (star - x), star)


def slight(rng: np.random.Generator) -> Truth:
    """A gain of only 3-8 points at N = 1, gone at N*: the easiest to mistake for none at all."""
    star, top, floor = _star(rng), rng.uniform(0.03, 0.08), rng.uniform(-0.03, 0.0)
    slope = (top - MARGIN) / star
    return Truth(lambda x: np.maximum(MARGIN + slope * (star - x), floor), star)


def never(rng: np.random.Generator) -> Truth:
    """A gain that is level, between -0.8 points and half a point."""
    return _level(rng.uniform(-0.008, 0.005))


def level(rng: np.random.Generator) -> Truth:
    """A gain that is exactly the margin at every N, or falls to it early: above it by a hair."""
    hair = MARGIN + 1e-9
    if rng.random() < 0.25:
        return _level(hair)
    top, steep, centre = rng.uniform(0.05, 0.45), rng.uniform(0.3, 0.7), rng.uniform(0.0, 3.0)
    return Truth(lambda x: hair + (top - hair) * _logistic((centre - x) / steep), None)


def hurts(rng: np.random.Generator) -> Truth:
    """A gain that falls from at most zero to between -2 and -10 points at the largest N."""
    start, end = rng.uniform(-0.05, 0.0), rng.uniform(-0.1, -0.02)
    first, last = max(start, end), min(start, end)
    return Truth(lambda x: first + (last - first) * x / PLACES[-1], None)


def helps(rng: np.random.Generator) -> Truth:
    """A gain that levels off 0.5 to 10 points above the margin."""
    top, floor, steep = rng.uniform(0.15, 0.45), rng.uniform(0.015, 0.11), rng.uniform(0.5, 1.2)
    centre = rng.uniform(0.0, 6.0)
    return Truth(lambda x: floor + (top - floor) * _logistic((centre - x) / steep), None)


def four_points(rng: np.random.Generator) -> Truth:
    """A gain of 4 points at every N: what a handful of test images cannot show."""
    return _level(0.04)


SHAPES: dict[str, Callable[[np.random.Generator], Truth]] = {
    "smooth": smooth,
    "kinked": kinked,
    "peaked": peaked,
    "bump": bump,
    "jump": jump,
    "slow": slow,
    "slight": slight,
    "never": never,
    "level": level,
    "hurts": hurts,
    "helps": helps,
    "four points": four_points,
}


def _level(gain: float) -> Truth:
    return Truth(lambda x: np.full_like(x, gain), None)


def _star(rng: np.random.Generator) -> float:
    """log2 of N*, N* between 4 and 120."""
    return float(rng.uniform(2.0, math.log2(120)))


def _logistic(z: Floats | float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.asarray(z))))
