"""Fine-tuning in which BatchNorm keeps the statistics of the pretraining's images."""

from __future__ import annotations

from dataclasses import replace

from benchmark.arms import register
from benchmark.records.recipe import Recipe, always
from benchmark.training.backbones import Backbone
from benchmark.training.budgets import PRETRAINED_RECIPE
from benchmark.training.fit import fit_network, pretrained_start
from benchmark.training.work import Outcome, Work


def _refusal(backbone: Backbone) -> str | None:
    return None if backbone.has_batch_norm else "it has no BatchNorm whose statistics could be kept"


@register(
    "finetune_frozen_norm",
    pretrained=True,
    recipe=always(replace(PRETRAINED_RECIPE, frozen_batch_norm=True)),
    settings_of="finetune",
    refusal=_refusal,
)
def finetune_frozen_norm(work: Work[Recipe]) -> Outcome:
    """Trains everything from the pretrained start, BatchNorm in evaluation mode."""
    return fit_network(work, pretrained_start)
