"""Scratch with kernels drawn by a rule that weighs the variances of activations and gradients."""

from __future__ import annotations

from torch import nn

from benchmark.arms import register
from benchmark.records.recipe import Recipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network
from benchmark.training.initialise import kernels_by
from benchmark.training.work import Outcome, Work


@register("scratch_xavier", pretrained=False, recipe=random_recipe, settings_of="scratch")
def scratch_xavier(work: Work[Recipe]) -> Outcome:
    """Trains everything as scratch does, from other random kernels (Glorot and Bengio 2010)."""
    return fit_network(work, kernels_by(nn.init.xavier_uniform_))
