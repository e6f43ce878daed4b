"""All weights start pretrained, the classifier at zero, and everything is trained."""

from __future__ import annotations

from benchmark.arms import register
from benchmark.records.recipe import Recipe, always
from benchmark.training.budgets import PRETRAINED_RECIPE
from benchmark.training.fit import fit_network, pretrained_start
from benchmark.training.work import Outcome, Work


@register("finetune", pretrained=True, recipe=always(PRETRAINED_RECIPE))
def finetune(work: Work[Recipe]) -> Outcome:
    """Trains everything from the pretrained start."""
    return fit_network(work, pretrained_start)
