"""Settings for a task, each with its reason, out of what was found. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

from benchmark.errors import one_line
from benchmark.tasks.pictures import tones
from benchmark.tasks.proposal.dealing import Dealt
from benchmark.tasks.proposal.looking import Found, Look
from benchmark.tasks.reading.split_file import LEFT_OUT

T = TypeVar("T")

GRID = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SIZES = (32, 64, 96)
AFFORDED = 2 * 3600.0
"""Core seconds that a run may take for a larger image size: an hour on two cores."""

_SMALL = 64
"""Grey images up to so many pixels are rather drawings and characters than photographs."""
_FURTHER = 1.2
"""The smallest class itself is an N where it is so many times the one before."""
_HALF_WIDTH = 1.96
"""Standard errors on each side of a 95% interval."""

Cost = Callable[[Sequence[int], int, int], float]
"""Grid of N, number of classes, image size -> core seconds of a run, roughly."""


@dataclass(frozen=True)
class Choice(Generic[T]):
    """A value, and why."""

    value: T
    why: str


@dataclass(frozen=True)
class Suggested:
    """What the task's YAML will say."""

    images_per_class: Choice[tuple[int, ...]]
    image_size: Choice[int]
    flip: Choice[bool]
    white: Choice[int] | None
    """Which value is white in grey images of more than 8 bits; None: the usual one."""


def suggest(found: Found, dealt: Dealt, cost: Cost) -> Suggested:
    """Settings for the images that take part, of which there are some in two classes at least."""
    pairs = zip(found.looks, dealt.sides, strict=True)
    looks = [look for look, side in pairs if side.split != LEFT_OUT]
    grid = _grid(dealt)
    return Suggested(
        images_per_class=grid,
        image_size=_image_size(looks, grid.value, len(dealt.train), cost),
        flip=_flip(looks, list(dealt.train)),
        white=_white(looks),
    )


def half_width(n_test: int, accuracy: float = 0.5) -> float:
    """Half of the 95% interval of an accuracy on ``n_test`` images: 1.96 sqrt(a (1 - a) / n).

    The normal approximation to the binomial distribution; at its widest for an accuracy of a half.
    """
    return _HALF_WIDTH * math.sqrt(accuracy * (1 - accuracy) / n_test)


def _grid(dealt: Dealt) -> Choice[tuple[int, ...]]:
    ordered = sorted(dealt.train.items(), key=lambda one: one[1])
    name, smallest = ordered[0]
    grid = [n for n in GRID if n <= smallest]
    if grid[-1] < GRID[-1] and smallest >= _FURTHER * grid[-1]:
        grid.append(smallest)
    why = f"as far as the smallest class goes: {name!r} has {smallest} training images"
    if smallest > GRID[-1]:
        why = f"beyond {GRID[-1]:,} images per class data are not small any more"
    return Choice(tuple(grid), one_line(why + _held_back(ordered)))


def _held_back(ordered: Sequence[tuple[str, int]]) -> str:
    """What it would bring to leave the smallest class out."""
    if len(ordered) < 3 or ordered[1][1] < 2 * ordered[0][1] or ordered[0][1] >= GRID[-1]:
        return ""
    return f"; without it ('drop_classes') N could reach {ordered[1][1]}"


def _image_size(
    looks: Sequence[Look], grid: Sequence[int], classes: int, cost: Cost
) -> Choice[int]:
    side = int(median(min(look.size) for look in looks))
    known = f"the shorter side of the images is {side} pixels in the median"
    if side < SIZES[1]:
        return Choice(SIZES[0], f"{known}: larger ones would show nothing more")
    fitting = [size for size in SIZES[1:] if size <= side]
    afforded = [size for size in fitting if cost(grid, classes, size) <= AFFORDED]
    chosen = max(afforded, default=SIZES[1])
    why = f"{known}; costs grow with the area"
    if chosen < fitting[-1]:
        why += f", and {fitting[-1]} pixels would take more than an hour on two cores"
    return Choice(chosen, why)


def _flip(looks: Sequence[Look], names: Sequence[str]) -> Choice[bool]:
    words = {word for name in names for word in re.split(r"[\W_]+", name.casefold())}
    if {"left", "right"} <= words:
        return Choice(False, "class names speak of left and right, which a mirror swaps")
    if all(len(name) == 1 and name.isalpha() for name in names):
        return Choice(False, "class names are letters, and a mirrored letter is another sign")
    side = median(min(look.size) for look in looks)
    if sum(look.grey for look in looks) > len(looks) / 2 and side <= _SMALL:
        return Choice(
            False,
            "small grey images are often characters or drawings; true doubles the variety if a "
            "mirrored image still belongs to its class",
        )
    return Choice(
        True,
        "photographs mostly keep their class in a mirror; nothing in the images says so: write "
        "false if they show text, digits or anything with a left and a right",
    )


def _white(looks: Sequence[Look]) -> Choice[int] | None:
    found = tones.unused_bits([look.tone for look in looks])
    if found is None:
        return None
    peak, white = found
    return Choice(white, f"no grey image of more than 8 bits has a value above {peak:g}")
