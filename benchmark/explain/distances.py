"""How far a training took each block of a network from where it started."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from torch import Tensor

from benchmark.explain.blocks import Block


def travelled(
    start: Mapping[str, Tensor],
    end: Mapping[str, Tensor],
    blocks: Iterable[Block],
    parameters: Iterable[str],
) -> dict[str, float]:
    """Block -> Euclidean distance of its weights, as a share of the length of the start's.

    ``parameters`` names the tensors that count, which leaves out BatchNorm's statistics. A block
    that starts at zero is left out: no share of nothing makes sense.
    """
    names = list(parameters)
    found = {}
    for block in blocks:
        own = [name for name in names if block.owns(name)]
        length = _length(start[name] for name in own)
        if length:
            found[block.name] = _length(end[name] - start[name] for name in own) / length
    return found


def _length(tensors: Iterable[Tensor]) -> float:
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))
