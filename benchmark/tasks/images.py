"""One picture, in whatever encoding and mode, becomes 8-bit RGB of the size that is asked for."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from benchmark.errors import UserError, nearest

Pixels = NDArray[np.uint8]

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Picture:
    """An image before decoding."""

    content: bytes | Path | Pixels
    """Encoded bytes, an image file, or grey values ``[height, width]`` in 0..255."""
    place: str
    """What to call it in an error: its file, or its row."""


def decode(picture: Picture) -> Image.Image:
    """The picture as RGB, 8 bits: upright as its EXIF says, transparency laid on white.

    16-bit greys become 8-bit by division by 257; of a sequence of frames the first is taken.
    Raises `UserError` that begins with the picture's place if it cannot be decoded. Pillow's guard
    against decompression bombs (179 million pixels) stays on and ends in the same error.
    """
    try:
        if isinstance(picture.content, np.ndarray):
            return Image.fromarray(picture.content).convert("RGB")
        source = picture.content
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return _rgb(image)
    except Exception as error:  # Pillow's decoders raise nearly every kind there is
        raise UserError(
            f"{picture.place}: this image cannot be read: {_reason(error)}",
            mend="replace the image, or remove it from the data",
        ) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image in a format that Pillow knows, or empty"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers, whose range is not defined")
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    # Mode "I" has 32 bits, but Pillow uses it for 16-bit greys of some formats.
    values = np.clip(np.asarray(image, dtype=np.int64), 0, 65535)
    grey = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    grey.info["exif"] = image.getexif().tobytes()
    return grey


def digest(image: Image.Image) -> bytes:
    """SHA-256 over size and pixels of an RGB image (32 bytes): equal pixels, equal digest."""
    width, height = image.size
    return hashlib.sha256(f"{width}x{height}:".encode() + image.tobytes()).digest()


def check_interpolation(name: str) -> None:
    """Raises `UserError` unless ``name`` is an interpolation that `resized` knows."""
    if name not in _FILTERS:
        known = list(_FILTERS)
        raise UserError(
            f"unknown interpolation {name!r}{nearest(name, known)}",
            mend=f"one of {', '.join(known)}",
        )


def resized(image: Image.Image, side: int, interpolation: str) -> Pixels:
    """The whole RGB image as ``[3, side, side]`` in 0..255, its aspect ratio given up.

    Pillow's filters widen with the scale when they shrink, so the result is free of aliasing.
    """
    if image.size != (side, side):
        image = image.resize((side, side), _FILTERS[interpolation])
    pixels: NDArray[Any] = np.asarray(image, dtype=np.uint8)
    return pixels.transpose(2, 0, 1)
