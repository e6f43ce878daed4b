"""Augmentation as tensor operations on whole batches, the same for every arm of a task."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from benchmark.records.recipe import Augmentation


def augment(batch: Tensor, how: Augmentation, generator: torch.Generator, side: int) -> Tensor:
    """Returns changed copies of ``batch``, float ``[n, channels, *, *]``, of ``side`` pixels."""
    grid = _grid(_affine(len(batch), how, generator).to(batch), side)
    changed = functional.grid_sample(
        batch, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return changed.contiguous(memory_format=torch.channels_last)


def _grid(affine: Tensor, side: int) -> Tensor:
    """As ``functional.affine_grid``, in a tenth of its time: its tiny matrix products are slow."""
    centres = (torch.arange(side, device=affine.device) * 2 + 1) / side - 1
    across = affine[:, :, 0, None, None] * centres
    down = affine[:, :, 1, None, None] * centres[:, None] + affine[:, :, 2, None, None]
    return (across + down).permute(0, 2, 3, 1)


def _affine(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """One random ``[2, 3]`` matrix per image, drawn on the CPU so that devices agree."""
    uniform = torch.rand(5, count, generator=generator) * 2 - 1
    angle = uniform[0] * math.radians(how.turn)
    window = 1 + uniform[1] * how.zoom
    # Not sign(): it is 0 at 0, and would squeeze the image to one column.
    mirror = torch.where(uniform[2] < 0, -1.0, 1.0) if how.flip else torch.ones(count)
    cosine, sine = angle.cos() * window, angle.sin() * window
    # Coordinates run from -1 to 1, so a share of the side counts twice.
    right, down = uniform[3] * 2 * how.shift, uniform[4] * 2 * how.shift
    rows = [
        torch.stack([mirror * cosine, -sine, right]),
        torch.stack([mirror * sine, cosine, down]),
    ]
    return torch.stack(rows).permute(2, 0, 1)
