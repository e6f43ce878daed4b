"""Random weights as large as the pretrained ones: what of pretraining is scale, not features."""

from __future__ import annotations

from torch import nn

from benchmark.arms import register
from benchmark.records.recipe import Recipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network, pretrained_start, random_start
from benchmark.training.initialise import match_scale
from benchmark.training.work import Outcome, Work


@register(
    "matched_init",
    pretrained=False,
    reads_weights=True,
    recipe=random_recipe,
    settings_of="scratch",
)
def matched_init(work: Work[Recipe]) -> Outcome:
    """Trains everything as scratch does, from tensors with the pretrained ones' mean and spread."""
    return fit_network(work, _start)


def _start(work: Work[Recipe]) -> nn.Module:
    model = random_start(work)
    match_scale(model, pretrained_start(work).state_dict())
    return model
