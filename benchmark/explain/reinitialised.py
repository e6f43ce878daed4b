"""Pretrained networks whose top blocks start at random (Raghu et al. 2019, section 5.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from benchmark.explain.blocks import Block, blocks
from benchmark.records.recipe import Recipe
from benchmark.training.fit import Start, pretrained_start, random_start
from benchmark.training.work import Work

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the blocks, from the top; all of them: nothing pretrained is left but fine-tuning's recipe."""


def depths(count: int) -> tuple[int, ...]:
    """How many of ``count`` blocks to start anew, increasing, each once."""
    return tuple(sorted({math.ceil(share * count) for share in SHARES}))


def start(top: int) -> Start[Recipe]:
    """The pretrained network, its ``top`` last blocks as a network from random weights has them."""

    def made(work: Work[Recipe]) -> nn.Module:
        model = pretrained_start(work)
        renewed(model, random_start(work).state_dict(), blocks(model)[-top:])
        return model

    return made


@torch.no_grad()
def renewed(model: nn.Module, fresh: Mapping[str, Tensor], chosen: Iterable[Block]) -> None:
    """Gives the ``chosen`` blocks of ``model`` the tensors of ``fresh``, statistics included."""
    owners = tuple(chosen)
    for name, tensor in model.state_dict().items():
        if any(block.owns(name) for block in owners):
            tensor.copy_(fresh[name])
