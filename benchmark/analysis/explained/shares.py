"""How much of fine-tuning's gain something else gives that has less of pretraining in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.answers import Word, is_above
from benchmark.analysis.stats import (
    LEAST_SD,
    LEVEL,
    Estimate,
    ShareEstimate,
    estimate,
    share_estimate,
)
from benchmark.defaults import MARGIN
from benchmark.records.explained.finding import Compression, Scale

MOST = 0.5
"""The larger part of the gain begins here."""


@dataclass(frozen=True)
class Share:
    """Of fine-tuning's gain over scratch; 1 is all of it."""

    mean: float
    low: float
    high: float

    @property
    def is_most(self) -> Word:
        """Whether it is surely more than half, surely not, or neither."""
        if self.low > MOST:
            return "yes"
        return "no" if self.high <= MOST else "undecided"


def share(part: Sequence[float], whole: Sequence[float]) -> Share | None:
    """The mean of ``part`` over that of ``whole``, paired by seed, with its 95% interval.

    By Fieller's theorem (1954, Journal of the Royal Statistical Society B 16:175). None where the
    interval is not one, because ``whole`` may be 0, and with one seed.
    """
    seeds = len(whole)
    if seeds < 2:
        return None
    covariance = np.cov(np.array([part, whole]), ddof=1) / seeds
    least = LEAST_SD**2 / seeds
    of_part, of_whole = (max(float(covariance[i, i]), least) for i in (0, 1))
    both = float(covariance[0, 1])
    t2 = float(special.stdtrit(seeds - 1, (1 + LEVEL) / 2)) ** 2
    top, bottom = math.fsum(part) / seeds, math.fsum(whole) / seeds
    # The ratios r with (top - r bottom)^2 <= t^2 var(top - r bottom).
    square, middle, rest = (
        bottom**2 - t2 * of_whole,
        top * bottom - t2 * both,
        top**2 - t2 * of_part,
    )
    root = middle**2 - square * rest
    if square <= 0 or root < 0:
        return None
    return Share(
        top / bottom, (middle - math.sqrt(root)) / square, (middle + math.sqrt(root)) / square
    )


@dataclass(frozen=True)
class Part:
    """What an arm gains over scratch, beside fine-tuning's gain."""

    arm: str
    gain: Estimate
    """-1..1."""
    share: Share | None
    """None where fine-tuning's gain is not surely above the margin: there is nothing to share."""

    @property
    def does_it(self) -> Word:
        """Whether it gives the larger part of fine-tuning's gain."""
        return "undecided" if self.share is None else self.share.is_most


def parts(accuracies: Sequence[dict[str, float]]) -> tuple[Estimate, tuple[Part, ...]]:
    """Fine-tuning's gain, and those of all other arms; one dictionary (arm -> 0..1) per seed."""
    gains = {
        arm: [one[arm] - one[SCRATCH] for one in accuracies]
        for arm in accuracies[0]
        if arm != SCRATCH
    }
    whole = gains.pop(FINETUNE)
    gain = estimate(whole)
    there = is_above(gain, MARGIN) == "yes"
    others = tuple(
        Part(arm, estimate(own), share(own, whole) if there else None) for arm, own in gains.items()
    )
    return gain, others


@dataclass(frozen=True)
class Scales:
    """Features or scale, at one N."""

    seeds: int
    gain: Estimate
    """Of fine-tuning over scratch."""
    matched: Part
    """Random weights with the pretrained ones' scale."""
    blocks: tuple[str, ...]
    lost: dict[int, Estimate]
    """How many of the top blocks started anew -> accuracy lost by it, -1..1."""


def scales(answers: Sequence[Scale]) -> Scales:
    """From the seeds at one N, at least one."""
    gain, others = parts([one.accuracies for one in answers])
    tops = answers[0].reinitialised
    return Scales(
        len(answers),
        gain,
        others[0],
        answers[0].blocks,
        {
            top: estimate([one.accuracies[FINETUNE] - one.reinitialised[top] for one in answers])
            for top in sorted(tops)
        },
    )


@dataclass(frozen=True)
class Compressions:
    """Autoencoders in pretraining's place, at one N."""

    seeds: int
    gain: Estimate
    """Of fine-tuning over scratch."""
    parts: tuple[Part, ...]
    explained: dict[str, ShareEstimate]
    """Autoencoder -> share of the pixels' variance that it painted right."""


def compressions(answers: Sequence[Compression]) -> Compressions:
    """From the seeds at one N, at least one."""
    gain, others = parts([one.accuracies for one in answers])
    return Compressions(
        len(answers),
        gain,
        others,
        {arm: share_estimate([e.explained[arm] for e in answers]) for arm in answers[0].explained},
    )
