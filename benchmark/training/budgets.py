"""Recipes that arms share, budgets included: that of every random start, that of pretrained ones.

Whatever starts at random gets the chance that scratch gets, or what it loses would say nothing.
"""

from __future__ import annotations

from benchmark.records.recipe import Recipe

PRETRAINED_RECIPE = Recipe(learning_rate=3e-3, views=38_400)
"""That of a pretrained start, at every N."""


def random_recipe(images_per_class: int, classes: int) -> Recipe:
    """That of a random start: 150 views of each image, between 38,400 and 307,200 in all.

    The saturation table shows whether they are enough.
    """
    views = min(max(150 * images_per_class * classes, 38_400), 307_200)
    return Recipe(learning_rate=1e-2, views=views, trunk_scale=0.5)
