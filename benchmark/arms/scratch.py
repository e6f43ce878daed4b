"""The same network from random weights: what every gain is measured against."""

from __future__ import annotations

from benchmark.arms import register
from benchmark.records.recipe import Recipe
from benchmark.training.fit import fit_network, random_start
from benchmark.training.work import Outcome, Work


def budget(images_per_class: int, classes: int) -> Recipe:
    """150 views of each image, between 38,400 and 307,200 in all: see the saturation table."""
    views = min(max(150 * images_per_class * classes, 38_400), 307_200)
    return Recipe(learning_rate=1e-2, views=views, trunk_scale=0.5)


@register("scratch", pretrained=False, recipe=budget)
def scratch(work: Work[Recipe]) -> Outcome:
    """Trains everything from a random start, with a longer budget than the pretrained arms."""
    return fit_network(work, random_start)
