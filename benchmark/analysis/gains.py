"""Two arms on the same images: pairs of accuracies become gains that know how far to trust them.

Records and files of results come through this one door, so that the same accuracies get the same
verdict.

The test images are a sample. On those on which exactly one arm is right the arms disagree, and the
gain is the difference of the two kinds of disagreement: one seed's gain varies by
``(disagree - gain^2) / images`` about that of all images. Part of that changes with the seed, so
the spread over seeds holds it already; the rest is the images' own, and no seed removes it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from benchmark.analysis.stats import Estimate, Pooled, pooled

FIXED_AT_ONE = 0.08
FIXED_POWER = 0.36
"""Share of one seed's image variance that no seed removes, ``0.08 N^0.36``: with more images per
class the trainings of an arm resemble each other more. Measured on ``results/records`` by a two-way
analysis of variance (Searle, Casella and McCulloch 1992, Variance Components, chapter 4) of 250
cells: 0.040 N^0.38 for fine-tuning, 0.090 N^0.36 for probes."""
USUAL = 0.58
"""Where nobody counted: disagreement as a share of both binomial variances and the gain together.
The median of 250 cells of ``results/records``, nine in ten of which lie between 0.41 and 0.80."""

ImageNoise = Literal["counted", "usual", "unknown"]
"""Whence the test images' part of the noise: from the counted disagreement, from what is usual at
such accuracies, or from nowhere, because their number is unknown."""


@dataclass(frozen=True)
class Pair:
    """Both arms' accuracies at one N for one seed, on the same subset and the same test images."""

    images_per_class: int
    seed: int
    scratch: float
    """Accuracy, 0..1."""
    pretrained: float
    """Accuracy, 0..1."""
    test_images: int | None
    """None if unknown."""
    disagree: float | None
    """Share of the test images on which exactly one arm is right, 0..1; None if unknown."""

    @property
    def gain(self) -> float:
        """Accuracy of the pretrained arm less that of scratch, -1..1."""
        return self.pretrained - self.scratch


@dataclass(frozen=True)
class GainCell:
    """Paired gains at one N."""

    images_per_class: int
    seeds: tuple[int, ...]
    gains: tuple[float, ...]
    """Accuracy(pretrained) - accuracy(scratch), per seed, -1..1."""
    image_variance: float = 0.0
    """Variance of one seed's gain because the test images are a sample; 0 if unknown."""


@dataclass(frozen=True)
class GainEstimate(Estimate):
    """The mean gain at one N, -1..1, with the noise that the verdict reckons with."""

    images_per_class: int
    seeds: int


def gain_cells(pairs: Iterable[Pair]) -> list[GainCell]:
    """One cell for each N, in rising order of N and seed."""
    cells: dict[int, list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda p: (p.images_per_class, p.seed)):
        cells[pair.images_per_class].append(pair)
    return [
        GainCell(n, tuple(p.seed for p in cell), tuple(p.gain for p in cell), _image_variance(cell))
        for n, cell in cells.items()
    ]


def image_noise(pairs: Iterable[Pair]) -> ImageNoise:
    """What the image variance of these pairs rests on; *usual* if it does so for any."""
    known = [pair for pair in pairs if pair.test_images is not None]
    if not known:
        return "unknown"
    return "usual" if any(pair.disagree is None for pair in known) else "counted"


def _image_variance(pairs: Sequence[Pair]) -> float:
    known = [_of_one(p, p.test_images) for p in pairs if p.test_images is not None]
    return math.fsum(known) / len(known) if known else 0.0


def _of_one(pair: Pair, images: int) -> float:
    """Half an image is added to each of the four outcomes, so that few images on which the arms
    never disagree do not look like a promise (Agresti and Min 2005, Statistics in Medicine 24:729).
    """
    disagree = (disagreement(pair) * images + 1) / (images + 2)
    gain = pair.gain * images / (images + 2)
    return (disagree - gain**2) / images


def disagreement(pair: Pair) -> float:
    """Share of the test images on which exactly one arm is right: as counted, else as usual."""
    least = abs(pair.gain)
    if pair.disagree is not None:
        return max(pair.disagree, least)
    both = pair.scratch + pair.pretrained
    binomial = both - pair.scratch**2 - pair.pretrained**2
    return max(min(USUAL * (binomial + least), both, 2 - both), least)


def pooled_gains(cells: Sequence[GainCell]) -> Pooled:
    """The mean gains with the noise of all cells together.

    The images' own part is as in `FIXED_AT_ONE`, and never less than what the spread over seeds
    leaves to be explained: images on which the arms disagree either change with the seed or do not.
    Raises ValueError if no cell has two seeds.
    """
    sizes = [cell.images_per_class for cell in cells]
    known = pooled(sizes, [cell.gains for cell in cells], [0.0] * len(cells))
    one = np.array([cell.image_variance for cell in cells])
    fixed = np.minimum(1.0, FIXED_AT_ONE * known.sizes**FIXED_POWER) * one
    seen = known.of_seeds * [len(cell.gains) for cell in cells]
    return replace(known, of_test=np.maximum(fixed, one - seen))


def estimates(cells: Sequence[GainCell]) -> tuple[GainEstimate, ...]:
    """The mean gain of each cell, with the noise of all of them; no cell may be empty.

    Without an error where no cell has two seeds.
    """
    if have_noise(cells):
        return with_noise(cells, pooled_gains(cells))
    return tuple(
        GainEstimate(math.fsum(c.gains) / len(c.gains), None, 0.0, c.images_per_class, len(c.gains))
        for c in cells
    )


def with_noise(cells: Sequence[GainCell], known: Pooled) -> tuple[GainEstimate, ...]:
    """As `estimates`, from what `pooled_gains` knows of the same cells."""
    return tuple(
        GainEstimate(one.mean, one.error, one.freedom, cell.images_per_class, len(cell.gains))
        for one, cell in zip(known.estimates(), cells, strict=True)
    )


def have_noise(cells: Iterable[GainCell]) -> bool:
    """Whether any cell has two seeds: with one nothing can be said of the noise."""
    return any(len(cell.gains) > 1 for cell in cells)
