"""Good weights for compressing the input first, from the subset's own images, then for labels."""

from __future__ import annotations

from benchmark.arms import register
from benchmark.records.own_recipes import ReconstructionRecipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network, random_start
from benchmark.training.reconstruct import compress
from benchmark.training.work import Outcome, Work


def _recipe(images_per_class: int, classes: int) -> ReconstructionRecipe:
    return ReconstructionRecipe(**vars(random_recipe(images_per_class, classes)))


@register(
    "autoencoder",
    pretrained=False,
    recipe=_recipe,
    settings_of="scratch",
    changes=[{"mask": 0.0}, {"mask": 0.25}, {"mask": 0.75}],
)
def autoencoder(work: Work[ReconstructionRecipe]) -> Outcome:
    """Reconstructs the subset's images, then trains everything as scratch does."""
    return fit_network(work, random_start, compress)
