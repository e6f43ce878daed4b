"""Other random weights for a network, in place of those that it was built with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from benchmark.records.recipe import Recipe
from benchmark.training.fit import Start, random_start
from benchmark.training.work import Work

Rule = Callable[[Tensor], object]
"""Fills a kernel or matrix in place, as those of ``torch.nn.init`` do."""


def kernels_by(rule: Rule) -> Start[Recipe]:
    """The random start with kernels drawn by ``rule``."""

    def start(work: Work[Recipe]) -> nn.Module:
        model = random_start(work)
        fill_kernels(model, rule)
        return model

    return start


@torch.no_grad()
def fill_kernels(model: nn.Module, rule: Rule) -> None:
    """Draws each kernel of a convolution or linear layer by ``rule``; all else stays as built.

    So does a kernel of zeros: the classifier, or the last layer of a branch that is to start shut.
    """
    for layer in model.modules():
        if isinstance(layer, _ConvNd | nn.Linear) and layer.weight.any():
            # Not every rule takes channels last.
            drawn = torch.empty_like(layer.weight, memory_format=torch.contiguous_format)
            rule(drawn)
            layer.weight.copy_(drawn)


@torch.no_grad()
def match_scale(model: nn.Module, pretrained: Mapping[str, Tensor]) -> None:
    """Draws each tensor of weights with the mean and standard deviation of its namesake.

    Raghu et al. (2019), "Transfusion", section 5.1, "Mean Var init": what of pretraining is no more
    than good scaling. ``pretrained`` is a state with a tensor for each of the model's parameters.
    Buffers, such as BatchNorm's statistics of images seen, stay as built.
    """
    for name, parameter in model.named_parameters():
        wanted = pretrained[name]
        spread = wanted.std(correction=0)
        drawn = torch.randn_like(parameter)
        # The drawn ones' own moments deviate, in small tensors by a lot.
        off, scale = drawn.mean(), drawn.std(correction=0).clamp_min(1e-12)
        parameter.copy_((drawn - off) / scale * spread + wanted.mean())
