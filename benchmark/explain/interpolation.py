"""The straight line between the weights of two networks (Neyshabur et al. 2020, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from benchmark.explain.statistics import renew

POINTS = 11
"""Both ends included."""


def between(
    first: Mapping[str, Tensor], last: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """The state at ``share`` (0..1) of the way; what is no float, counters, is the first's."""
    return {
        name: torch.lerp(tensor, last[name], share) if tensor.is_floating_point() else tensor
        for name, tensor in first.items()
    }


def line(
    model: nn.Module,
    first: Mapping[str, Tensor],
    last: Mapping[str, Tensor],
    batches: Sequence[Tensor],
    points: int = POINTS,
) -> Iterator[nn.Module]:
    """``model`` at ``points`` evenly spaced points from ``first`` to ``last``, both included.

    It is the same object each time, in evaluation mode, its BatchNorm statistics taken on
    ``batches`` of normalised training images.
    """
    for point in range(points):
        model.load_state_dict(between(first, last, point / (points - 1)))
        renew(model, batches)
        yield model
