"""Noise as in real sweeps: a true gain curve becomes the two arms' accuracies, image by image.

Every number here was measured on ``results/records`` (250 cells of 30 rows). Test images are
counted, not drawn one by one: some speak for one arm whatever the seed, with a strength of up to
one, and on the others the arms disagree by the seed's luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmark.analysis.gains import Pair
from benchmark.analysis.stats import Floats
from benchmark.checks.calibration.curves import PLACES, SIZES

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SeedNoise:
    """Spread of one seed's true gain over seeds: a power law in N, and a part that is level."""

    at_ten: tuple[float, float]
    """Standard deviation at N = 10, least and most; drawn evenly in its logarithm."""
    power: tuple[float, float]
    """Power of N by which the variance goes, least and most."""
    level: float
    """Standard deviation of what does not depend on N."""
    quiet: bool = False
    """Whether both arms are nearly always right, and wrong on the same images whatever the seed."""


NOISES = {
    "falling": SeedNoise((0.008, 0.016), (-1.0, -1.0), 0.003),
    "recorded": SeedNoise((0.01, 0.05), (-1.5, 0.4), 0.003),
    "quiet": SeedNoise((0.001, 0.003), (-1.0, -1.0), 0.001, quiet=True),
}
"""*Falling*: the variance falls as 1/N, as for means of independent images. *Recorded*: as in the
records, between N^-1.5 (sign digits) and N^0.4 (clothing). *Quiet*: the images' noise alone."""

PER_DOUBLING = math.sqrt(0.5)
"""Correlation of a seed's luck over a doubling of N: means of nested subsets."""


def observe(
    gains: Floats, seeds: int, images: int, noise: SeedNoise, rng: np.random.Generator
) -> list[Pair]:
    """One simulated sweep over true ``gains`` [sizes]: a pair for each N and seed."""
    arms = _arms(gains, noise.quiet, rng)
    luck = _luck(seeds, noise, rng)
    better, worse = _counts(arms, gains, luck, images, rng)
    least, most = worse / images, 1 - better / images
    scratch = np.clip(arms.scratch, least, most)
    return [
        Pair(
            int(SIZES[k]),
            seed,
            float(scratch[seed, k]),
            float(scratch[seed, k] + (better - worse)[seed, k] / images),
            images,
            float((better + worse)[seed, k] / images),
        )
        for k in range(len(SIZES))
        for seed in range(seeds)
    ]


@dataclass(frozen=True)
class _Arms:
    """How alike the two arms are, [sizes]."""

    scratch: Floats
    """Accuracy."""
    disagree: Floats
    """Share of images on which exactly one arm is right."""
    fixed: Floats
    """Share of the variance of one seed's gain over images that is the same for every seed."""
    persistence: float
    """Correlation over a doubling of N of which images these are."""


def _arms(gains: Floats, quiet: bool, rng: np.random.Generator) -> _Arms:
    """Accuracy rises from 25-60% to 75-97%. The arms disagree on 0.41 to 0.8 of both binomial
    variances and the gain together, and 0.03 to 0.1 times N^0.36 of the variance that this brings
    stays: about the range of nine cells in ten."""
    ends = ((0.9, 0.95), (0.97, 0.99)) if quiet else ((0.25, 0.6), (0.75, 0.97))
    rising = _logistic_between(*(rng.uniform(*end) for end in ends))
    size = np.abs(gains)
    scratch = rising * (1 - size) + np.maximum(-gains, 0)
    pretrained = scratch + gains
    binomial = scratch * (1 - scratch) + pretrained * (1 - pretrained)
    least = size * 1.01 + 0.001
    most = np.minimum(scratch + pretrained, 2 - scratch - pretrained)
    drawn = rng.uniform(0.41, 0.8) * (binomial + size)
    disagree = np.clip(drawn, least, np.maximum(most, least))
    fixed = np.minimum(rng.uniform(0.03, 0.1) * SIZES**0.36, 0.9)
    if quiet:
        fixed = np.full_like(SIZES, rng.uniform(0.5, 0.9))
    return _Arms(scratch, disagree, fixed, rng.uniform(0.6, 0.95))


def _logistic_between(first: float, last: float) -> Floats:
    start, end = math.log(first / (1 - first)), math.log(last / (1 - last))
    return np.asarray(special.expit(start + (end - start) * PLACES / PLACES[-1]))


def _luck(seeds: int, noise: SeedNoise, rng: np.random.Generator) -> Floats:
    """What each seed adds to the true gain, [seeds, sizes]."""
    least, most = map(math.log, noise.at_ten)
    at_ten = math.exp(rng.uniform(least, most))
    spread = at_ten * (SIZES / 10) ** (rng.uniform(*noise.power) / 2)
    chain = np.stack([_chain(PER_DOUBLING, rng) for _ in range(seeds)])
    return np.asarray(chain * spread + noise.level * rng.standard_normal(chain.shape))


def _counts(
    arms: _Arms, gains: Floats, luck: Floats, images: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Test images on which only the pretrained arm is right, and only scratch, [seeds, sizes]."""
    stays = arms.fixed * (arms.disagree - gains**2) + gains**2
    strength = np.minimum(stays / np.maximum(np.abs(gains), 1e-9), 1.0)
    partial = stays / strength**2
    ups, downs = (np.maximum(partial + sign * gains / strength, 0) / 2 for sign in (1, -1))
    up = _binomial_at(_chain(arms.persistence, rng), images, ups)
    down = _binomial_at(_chain(arms.persistence, rng), images - up, downs / (1 - ups))
    neutral = images - up - down
    others = np.maximum(1 - ups - downs, 1e-9)
    tilt = np.clip(luck / others, -1, 1)
    flips = np.clip((arms.disagree - strength * partial) / others, np.abs(tilt), 1)
    more = rng.binomial(neutral, (flips + tilt) / 2)
    rest = 1 - (flips + tilt) / 2
    less = rng.binomial(neutral - more, np.clip((flips - tilt) / 2 / np.maximum(rest, 1e-9), 0, 1))
    seeds = (len(luck), 1)
    better = rng.binomial(np.tile(up, seeds), strength) + more
    worse = rng.binomial(np.tile(down, seeds), strength) + less
    return better, worse


def _binomial_at(normal: Floats, count: int | Integers, share: Floats) -> Integers:
    """Binomial counts at the quantiles of standard normal values."""
    quantile = special.ndtr(normal)
    found = np.ceil(special.bdtrik(quantile, count, share))
    lower = np.maximum(found - 1, 0)
    enough = special.bdtr(lower, np.broadcast_to(count, share.shape), share) >= quantile
    counts = np.nan_to_num(np.where(enough, lower, found))
    return np.asarray(np.clip(counts, 0, count), dtype=np.int64)


def _chain(per_doubling: float, rng: np.random.Generator) -> Floats:
    """Standard normal values over the grid, correlated by their distance in doublings."""
    values = rng.standard_normal(len(SIZES))
    for k, step in enumerate(np.diff(PLACES), start=1):
        kept = per_doubling**step
        values[k] = kept * values[k - 1] + math.sqrt(1 - kept**2) * values[k]
    return values
