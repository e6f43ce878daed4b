"""The same network from random weights: what every gain is measured against."""

from __future__ import annotations

from benchmark.arms import register
from benchmark.records.recipe import Recipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network, random_start
from benchmark.training.work import Outcome, Work


@register("scratch", pretrained=False, recipe=random_recipe)
def scratch(work: Work[Recipe]) -> Outcome:
    """Trains everything from a random start, with a budget that grows with the images."""
    return fit_network(work, random_start)
