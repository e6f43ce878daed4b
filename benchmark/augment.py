"""Augmentation as tensor operations on whole batches, the same for every arm of a task."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from benchmark.recipes import Augmentation


def augment(batch: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Returns changed copies of ``batch``, float ``[n, channels, side, side]``."""
    grid = functional.affine_grid(_affine(len(batch), how, generator), list(batch.shape), False)
    return functional.grid_sample(
        batch, grid.to(batch), mode="bilinear", padding_mode="reflection", align_corners=False
    )


def _affine(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """One random ``[2, 3]`` matrix per image, drawn on the CPU so that devices agree."""
    uniform = torch.rand(5, count, generator=generator) * 2 - 1
    angle = uniform[0] * math.radians(how.turn)
    window = 1 + uniform[1] * how.zoom
    mirror = uniform[2].sign() if how.flip else torch.ones(count)
    cosine, sine = angle.cos() * window, angle.sin() * window
    # Coordinates run from -1 to 1, so a share of the side counts twice.
    right, down = uniform[3] * 2 * how.shift, uniform[4] * 2 * how.shift
    rows = [
        torch.stack([mirror * cosine, -sine, right]),
        torch.stack([mirror * sine, cosine, down]),
    ]
    return torch.stack(rows).permute(2, 0, 1)
