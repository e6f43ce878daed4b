"""Scratch with kernels drawn by a rule that keeps the variance of activations behind rectifiers."""

from __future__ import annotations

from torch import nn

from benchmark.arms import register
from benchmark.records.recipe import Recipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network
from benchmark.training.initialise import kernels_by
from benchmark.training.work import Outcome, Work


@register("scratch_kaiming", pretrained=False, recipe=random_recipe, settings_of="scratch")
def scratch_kaiming(work: Work[Recipe]) -> Outcome:
    """Trains everything as scratch does, from other random kernels (He et al. 2015)."""
    return fit_network(work, kernels_by(nn.init.kaiming_normal_))
