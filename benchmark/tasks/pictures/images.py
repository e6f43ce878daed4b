"""One picture, in whatever encoding and mode, becomes 8-bit RGB of the size that is asked for."""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from benchmark.errors import UserError, nearest
from benchmark.tasks.pictures import content_kinds

Pixels = NDArray[np.uint8]

MAX_PIXELS = 50_000_000
"""An image with more is refused before it is decoded: decoding it would take a gigabyte."""

_FORMATS = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".mpo",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c"),
    "AVIF": (".avif",),
}
"""Pillow's formats that are opened, and their files' endings; others may start programs."""

_WHITE = 65535
_SAMPLES_PER_PIXEL, _EXTRA_SAMPLES = 277, 338
"""Tags of TIFF files."""

ENDINGS = tuple(ending for endings in _FORMATS.values() for ending in endings)

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
    """What to call it: its file, or its row. No other one of its data set is called so, unless
    two rows name one file."""
    file: str = ""
    """The name of its file in its source, where that is known."""


@dataclass(frozen=True)
class Decoded:
    """An image after decoding."""

    image: Image.Image
    """RGB, 8 bits a channel."""
    mode: str
    """As it was stored, in Pillow's words: RGB, L, P, ..."""
    peak: float | None = None
    """The largest value of a grey image of more than 8 bits, before it was made 8 bits."""
    frames: int = 1
    """How many images the file holds, of which this is the first."""


def is_image(file: str) -> bool:
    """Whether the file's name ends as those of image formats that are read."""
    return file.lower().endswith(ENDINGS)


def decode(picture: Picture, white: float | None = None) -> Decoded:
    """The picture as RGB, 8 bits: upright as its EXIF says, transparency laid on white.

    ``white``: the value that becomes 255 in greys of more than 8 bits, 65535 unless it is given;
    of a sequence of frames the first is taken.
    Raises `UserError` that begins with the picture's place if it cannot be decoded, is in none of
    the known formats, has values without a meaning, or has more than `MAX_PIXELS`, which its first
    bytes already tell.
    """
    try:
        if isinstance(picture.content, np.ndarray):
            return Decoded(Image.fromarray(picture.content).convert("RGB"), "L")
        with _opened(picture.content) as image:
            _check_channels(image)
            if image.mode in ("I", "F") or image.mode.startswith("I;16"):
                grey, peak = _eight_bits(image, white)
                return Decoded(_rgb(grey), image.mode, peak, _frames(image))
            return Decoded(_rgb(image), image.mode, frames=_frames(image))
    except Exception as error:  # Pillow's decoders raise nearly every kind there is
        reason, mend = _explained(picture, error)
        raise UserError(
            f"{picture.place}: this image cannot be read: {reason}", mend=mend
        ) from error


def _frames(image: Image.Image) -> int:
    """How many images a file holds; those that a camera adds for itself (MPO) aside."""
    if image.format == "MPO":
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # what is damaged behind the first one is not used
        return 1


def _opened(content: bytes | Path) -> Image.Image:
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(source, formats=_formats())
    if image.width * image.height > MAX_PIXELS:
        size = f"{image.width} x {image.height}"
        image.close()
        raise Image.DecompressionBombError(f"{size} pixels are more than {MAX_PIXELS:,}")
    return image


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()  # what an older Pillow lacks must not be asked for
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # it prints what it raises as well
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _explained(picture: Picture, error: BaseException) -> tuple[str, str]:
    """Why the picture cannot be read, and how to mend it."""
    if isinstance(error, Image.DecompressionBombError):
        return str(error), "make the image smaller, or remove it from the data"
    if isinstance(error, _RangeError):
        return str(
            error
        ), "say with 'white' under 'data' which value is white, or convert the image"
    if isinstance(error, FileNotFoundError):
        return "there is no such file", "correct its name, ending included, or take its row away"
    if isinstance(error, UnidentifiedImageError):
        return content_kinds.of_no_image(_head(picture.content))
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if "channels" in reason or "colours" in reason:
        return reason, "convert it to an image with the three channels that are to be seen"
    return reason, "replace the image, or remove it from the data"


def _head(content: object) -> bytes:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(content_kinds.HEAD)
    return content[: content_kinds.HEAD] if isinstance(content, bytes) else b""


def _check_channels(image: Image.Image) -> None:
    """Refuses a TIFF with channels that Pillow leaves out, or takes for an opacity, unasked."""
    tags, bands = getattr(image, "tag_v2", {}), len(image.getbands())
    channels = tags.get(_SAMPLES_PER_PIXEL, 1)
    if channels > bands:
        raise ValueError(f"it has {channels} channels, of which {bands} are read")
    if tags and image.mode == "RGBA" and _EXTRA_SAMPLES not in tags:
        raise ValueError("it has 4 channels, and does not say what the fourth one means")


def _rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode in ("LAB", "HSV"):
        raise ValueError(f"its colours are stored as {image.mode}, which is not read")
    if image.mode == "La":
        image = image.convert("LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


class _RangeError(ValueError):
    """Values of which nobody said what is white."""


def _eight_bits(image: Image.Image, white: float | None) -> tuple[Image.Image, float]:
    """The grey image with 8 bits, and its largest value before."""
    values = np.asarray(image)
    low, peak = float(values.min()), float(values.max())
    if not np.isfinite([low, peak]).all() or low < 0:
        raise _RangeError(f"its values reach from {low:g} to {peak:g}, and greys start at 0")
    if white is None and image.mode == "F":
        raise _RangeError(f"its values, floating-point numbers, reach {peak:g}")
    if white is None and peak > _WHITE:
        raise _RangeError(f"its values reach {peak:g}, and 16 bits end at {_WHITE}")
    scaled = values * np.float32(255) / np.float32(white or _WHITE)
    grey = Image.fromarray(np.rint(np.minimum(scaled, 255)).astype(np.uint8))
    grey.info["exif"] = image.getexif().tobytes()
    return grey, peak


def digest(image: Image.Image) -> bytes:
    """SHA-256 over size and pixels of an RGB image (32 bytes): equal pixels, equal digest."""
    width, height = image.size
    whole = hashlib.sha256(f"{width}x{height}:".encode())
    whole.update(image.tobytes())
    return whole.digest()


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
