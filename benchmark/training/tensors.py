"""Tensors of a checkpoint against those of a network: why they do not fill it, in words.

And the bytes of a tensor, for digests.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from benchmark.errors import UserError, listed


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
    if file.suffix == ".safetensors":  # without its numbers
        with safe_open(file, "pt") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
            return {
                name: Shape(tuple(one.get_shape()), "F" in one.get_dtype())  # F32, BF16, F8_E4M3
                for name, one in slices.items()
            }
    found = content(file, "meta")
    while inner := found.keys() & {"state_dict", "model"}:
        deeper = found[min(inner)]
        found = deeper if isinstance(deeper, dict) else {}
    return shapes_of(found)


def content(file: Path, device: str = "cpu") -> dict[str, Any]:
    """What a file of weights holds: tensors and, in a pickled one, whatever else is no code.

    Raises `UserError` for a pickled file that would have code run, or is damaged.
    """
    if file.suffix == ".safetensors":
        return load_file(file, device)
    try:
        # A bag of settings without code of its own, which timm's own checkpoints hold.
        with torch.serialization.safe_globals([argparse.Namespace]):
            held = torch.load(file, map_location=device, weights_only=True)
    except Exception as error:
        raise UserError(
            f"a pickled checkpoint that is damaged, or that holds more than tensors{_asked(file)}; "
            "code in it is never run",
            where=file,
            mend="save the tensors alone, as model.safetensors",
        ) from error
    return held if isinstance(held, dict) else {}


def _asked(file: Path) -> str:
    """Which code it would have run."""
    try:
        asked = torch.serialization.get_unsafe_globals_in_checkpoint(str(file))
    except Exception:  # the older of torch's two formats, or a damaged file
        return ""
    return f" ({listed(sorted(asked), 3)})" if asked else ""


@dataclass(frozen=True)
class Mismatch:
    """Why the tensors of a file do not fill a network, and how to mend it."""

    what: str
    mend: str = "name the architecture that it was trained with in config.json, or save it anew"


def mismatch(found: Shapes, wanted: Shapes, architecture: str) -> Mismatch:
    """The first thing that is wrong."""
    lacking = [name for name in wanted if name not in found and not _is_counter(name)]
    if begins := [prefix for prefix in prefixes(found, lacking) if prefix]:
        return Mismatch(
            f"the names of all of its tensors begin with {begins[0]!r}, which those of the "
            f"architecture {architecture} do not",
            mend="save the tensors anew, without this prefix in their names, or name the file as "
            "checkpoint:ARCHITECTURE:FILE",
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


def prefixes(found: Collection[str], wanted: Iterable[str]) -> list[str]:
    """What stands before the names of all tensors ``wanted`` in a file, sorted; may be empty."""
    names, needed = set(found), [name for name in wanted if not _is_counter(name)]
    if not needed:
        return []
    ends = sorted(name for name in names if name.endswith(needed[0]))
    before = (name.removesuffix(needed[0]) for name in ends)
    whole = (prefix for prefix in before if not prefix or prefix.endswith("."))
    return [prefix for prefix in whole if all(prefix + name in names for name in needed)]


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
