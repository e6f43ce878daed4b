"""What a verdict rests on: mean gains on both sides of N*, for a reader to check it by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.stats import LEVEL, Floats


@dataclass(frozen=True)
class Stretch:
    """The mean gain over neighbouring N, each weighing as much as it is well known."""

    first: int
    """The smallest of these N, in images per class."""
    last: int
    mean: float
    low: float
    """Lower end of the 95% interval."""
    high: float


@dataclass(frozen=True)
class Grounds:
    """The measured N by what the interval of N* says of them."""

    helped: Stretch | None
    """The N below the interval; None where there are none."""
    gone: Stretch | None
    """The N above it."""
    unresolved: tuple[int, ...]
    """The N inside it."""


def grounds_of(
    sizes: Sequence[int], draws: Floats, low: float | None, high: float | None
) -> Grounds:
    """The sizes apart by the interval of N*; None where an end is open.

    ``draws`` are plausible true mean gains, [draws, sizes].
    """
    below = [k for k, n in enumerate(sizes) if low is not None and n <= low]
    above = [k for k, n in enumerate(sizes) if high is not None and n >= high]
    between = tuple(n for k, n in enumerate(sizes) if k not in (*below, *above))
    return Grounds(_stretch(sizes, draws, below), _stretch(sizes, draws, above), between)


def _stretch(sizes: Sequence[int], draws: Floats, columns: Sequence[int]) -> Stretch | None:
    if not columns:
        return None
    means = pooled_mean(draws[:, columns])
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Stretch(
        sizes[columns[0]], sizes[columns[-1]], float(means.mean()), float(low), float(high)
    )


def pooled_mean(draws: Floats) -> Floats:
    """The mean over the columns of each draw, [draws], by how little each column varies."""
    precision = 1 / draws.var(axis=0)
    return np.asarray(draws @ precision / precision.sum())
