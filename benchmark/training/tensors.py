"""Tensors of a checkpoint against those of a network: why they do not fill it, in words.

And the bytes of a tensor, for digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from benchmark.errors import UserError


@dataclass(frozen=True)
class Shape:
    """What is known of a tensor without its numbers."""

    sides: tuple[int, ...]
    floating: bool
    """Whether it holds floating-point numbers."""


Shapes = Mapping[str, Shape]
"""Name of a tensor -> its shape."""


def raw(tensor: torch.Tensor) -> bytes:
    """Its numbers, row by row whatever its layout in memory."""
    plain = tensor.detach().cpu().contiguous()
    return plain.view(-1).view(torch.uint8).numpy().tobytes()


def shapes_of(state: Mapping[str, Any]) -> Shapes:
    """Those of the tensors among the values."""
    return {
        name: Shape(tuple(tensor.shape), tensor.is_floating_point())
        for name, tensor in state.items()
        if isinstance(tensor, torch.Tensor)
    }


def shapes_in(file: Path) -> Shapes:
    """Those in a file of weights; of a pickled one no code is run.

    Raises `UserError` where it holds anything but tensors.
    """
    if file.suffix == ".safetensors":
        with safe_open(file, "pt") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
            return {
                name: Shape(tuple(one.get_shape()), "F" in one.get_dtype())  # F32, BF16, F8_E4M3
                for name, one in slices.items()
            }
    try:
        content = torch.load(file, map_location="meta", weights_only=True)
    except Exception as error:
        raise UserError(
            "a pickled checkpoint that is damaged, or that holds more than tensors; code in it is "
            "never run",
            where=file,
            mend="save the tensors alone, as model.safetensors",
        ) from error
    while isinstance(content, dict) and (inner := content.keys() & {"state_dict", "model"}):
        content = content[min(inner)]
    return shapes_of(content if isinstance(content, dict) else {})


@dataclass(frozen=True)
class Mismatch:
    """Why the tensors of a file do not fill a network, and how to mend it."""

    what: str
    mend: str = "name the architecture that it was trained with in config.json, or save it anew"


def mismatch(found: Shapes, wanted: Shapes, architecture: str) -> Mismatch:
    """The first thing that is wrong."""
    lacking = [name for name in wanted if name not in found and not _is_counter(name)]
    if prefix := _prefix(found, lacking):
        return Mismatch(
            f"the names of all of its tensors begin with {prefix!r}, which those of the "
            f"architecture {architecture} do not",
            mend="save the tensors anew, without this prefix in their names",
        )
    if lacking and not found.keys() & wanted.keys():
        return Mismatch(
            f"none of its {len(found)} tensors belongs to the architecture {architecture}: "
            f"{_first(found)} there, {_first(wanted)} here"
        )
    if lacking:
        return Mismatch(
            f"it lacks {len(lacking)} of the {len(wanted)} tensors of the architecture "
            f"{architecture}, the first are {', '.join(lacking[:3])}"
        )
    return _other_shape(found, wanted, architecture)


def _is_counter(name: str) -> bool:
    """BatchNorm counts its batches; older checkpoints have no such tensors, nobody needs them."""
    return name.endswith("num_batches_tracked")


def _prefix(found: Iterable[str], lacking: Iterable[str]) -> str:
    """What stands before all lacking names in the file; empty where that is not what is wrong."""
    names, wanted = set(found), list(lacking)
    for name in names if wanted else ():
        prefix = name.removesuffix(wanted[0])
        if prefix != name and all(prefix + one in names for one in wanted):
            return prefix
    return ""


def _first(names: Iterable[str]) -> str:
    return repr(min(names, default="nothing"))


def _other_shape(found: Shapes, wanted: Shapes, architecture: str) -> Mismatch:
    for name, shape in wanted.items():
        here, there = shape.sides, found.get(name, shape).sides
        if len(here) == len(there) == 4 and here[1] == 3 != there[1] and here[2:] == there[2:]:
            return Mismatch(
                f"it is made for images of {there[1]} channels, not for the 3 of RGB ({name})",
                mend="take a backbone for colour images",
            )
        if here != there:
            return Mismatch(
                f"its tensor {name} has the shape {_shown(there)}, but the architecture "
                f"{architecture} wants {_shown(here)}"
            )
    return Mismatch(f"timm cannot put its tensors into the architecture {architecture}")


def _shown(sides: tuple[int, ...]) -> str:
    return " x ".join(map(str, sides)) or "of a single number"


def check_floating(found: Shapes, wanted: Shapes, file: Path) -> None:
    """Raises `UserError` where whole numbers stand for floating-point ones: torch takes them."""
    whole = [name for name, one in wanted.items() if one.floating > found.get(name, one).floating]
    if whole:
        raise UserError(
            f"{len(whole)} of its tensors hold whole numbers, as quantised weights do: "
            f"{', '.join(whole[:3])}",
            where=file,
            mend="take the weights as they were before they were quantised",
        )


def check_finite(state: Mapping[str, torch.Tensor], where: str) -> None:
    """Raises `UserError` where a tensor holds NaN or infinity, or a variance below zero."""
    spoilt = [
        name
        for name, tensor in state.items()
        if not tensor.isfinite().all() or (name.endswith("running_var") and (tensor < 0).any())
    ]
    if spoilt:
        raise UserError(
            f"{len(spoilt)} of {len(state)} tensors hold values that are no finite numbers, or "
            f"variances below zero: {', '.join(spoilt[:3])}",
            where=where,
            mend="take another checkpoint: the training that made this one had diverged",
        )
