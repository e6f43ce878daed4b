"""Random weights as large as the pretrained ones: what of pretraining is scale, not features.

At another scale another rate is right. With that of scratch MobileNetV2-0.35 stayed at chance on
CIFAR-10 with 48 images per class, where a tenth of the rate brought it to 32% of held-out images.
"""

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
    is_tuned=True,
)
def matched_init(work: Work[Recipe]) -> Outcome:
    """Trains everything as scratch does, from tensors with the pretrained ones' mean and spread."""
    return fit_network(work, _start)


def _start(work: Work[Recipe]) -> nn.Module:
    model = random_start(work)
    match_scale(model, pretrained_start(work).state_dict())
    return model
