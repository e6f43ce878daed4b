"""How a backbone wants its input, and whether pixels in 0..1 can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.errors import UserError
from benchmark.tasks.pictures.images import check_interpolation

_LEAST_STD = 1 / 256
"""A level of grey: networks that take pixels in 0..255 have 1/255."""


@dataclass(frozen=True)
class Preprocessing:
    """How the backbone wants its input: RGB in 0..1, minus ``mean``, divided by ``std``."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str
    fixed_input_size: bool
    """Whether the network is built for one image size, as vision transformers are."""


def preprocessing(config: Mapping[str, Any], where: str) -> Preprocessing:
    """What the network's pretrained configuration says.

    Raises `UserError`, naming the backbone ``where``, for what RGB pixels in 0..1 do not allow.
    """
    channels, *_ = config.get("input_size") or (3,)
    if channels != 3:
        raise UserError(
            f"it is made for images of {channels} channels, not for the 3 of RGB",
            where=where,
            mend="take a backbone for colour images",
        )
    interpolation = config.get("interpolation")
    if not isinstance(interpolation, str):
        raise _wrong("interpolation", interpolation, where, "write the name of one, e.g. bilinear")
    check_interpolation(interpolation)
    return Preprocessing(
        mean=_triple(config, "mean", 0.0, where),
        std=_triple(config, "std", _LEAST_STD, where),
        interpolation=interpolation,
        fixed_input_size=bool(config.get("fixed_input_size")),
    )


def _triple(
    config: Mapping[str, Any], key: str, least: float, where: str
) -> tuple[float, float, float]:
    found = config.get(key)
    if not (isinstance(found, list | tuple) and len(found) == 3 and all(map(_is_number, found))):
        raise _wrong(key, found, where, "write three numbers, for red, green and blue")
    if not all(least <= value <= 1 for value in found):
        large = all(1 < value <= 255 for value in found)
        mend = "divide by 255" if large else f"write numbers between {least:.3g} and 1"
        raise _wrong(key, found, where, f"{mend}: pixels are in 0..1")
    return found[0], found[1], found[2]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(key: str, found: object, where: str, mend: str) -> UserError:
    return UserError(f"{key} cannot be {found!r:.100}", where=f"{where}, pretrained_cfg", mend=mend)
