"""What of images comes to nothing: too dark, of one colour, of frames that are not read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmark.errors import listed

DARK = 64
"""No value of a dark image is larger, of 255."""

_FLAT = 2
_FEW_BITS = 14
_SHARE = 0.1
_NAMES = 3


@dataclass(frozen=True)
class Tone:
    """The range of one image's values."""

    name: str
    brightest: int
    """Largest value of any channel, 0..255."""
    spread: int
    """Largest difference of two values in one channel, 0..255."""
    peak: float | None
    """Largest value of a grey image of more than 8 bits, before it was made 8 bits."""
    frames: int = 1
    """Of which the first is read."""


def tone(name: str, image: Image.Image, peak: float | None, frames: int = 1) -> Tone:
    """The range of values of an RGB image, the first of so many ``frames``."""
    low, high = np.array(image.getextrema()).T
    return Tone(name, int(high.max()), int((high - low).max()), peak, frames)


def unused_bits(tones: Sequence[Tone]) -> tuple[float, int] | None:
    """The largest value of all images of more than 8 bits, and the white that it suggests.

    None where they use enough of their bits.
    """
    peaks = [one.peak for one in tones if one.peak is not None]
    if not peaks or max(peaks) >= 1 << _FEW_BITS:
        return None
    return max(peaks), (1 << max(int(max(peaks)).bit_length(), 1)) - 1


def notes(tones: Sequence[Tone], white: float | None) -> list[str]:
    """What one should know of these images, a line each."""
    dark = [one.name for one in tones if one.brightest <= DARK and one.spread > _FLAT]
    flat = [one.name for one in tones if one.spread <= _FLAT]
    beyond = [one.name for one in tones if white and one.peak is not None and one.peak > white]
    stacks = [one.name for one in tones if one.frames > 1]
    found = []
    if stacks:
        found.append(
            "files of several images (pages, frames), of which the first is read, "
            f"{len(stacks)} in all: {listed(stacks, _NAMES)}"
        )
    if len(dark) >= _SHARE * len(tones) and dark:
        found.append(
            f"{len(dark)} of {len(tones)} images are nearly black, with no value above {DARK} of "
            f"255, as 12 bits in 16 look: {listed(dark, _NAMES)}"
        )
    if flat:
        found.append(f"images of one colour: {listed(flat, _NAMES)}")
    if beyond:
        found.append(
            f"images with values beyond 'white: {white:g}', which become white: "
            + listed(beyond, _NAMES)
        )
    return found
