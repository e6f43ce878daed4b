"""As the autoencoder, but it learns to compress all training images of the task."""

from __future__ import annotations

from benchmark.arms import register
from benchmark.records.own_recipes import ReconstructionRecipe
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network, random_start
from benchmark.training.reconstruct import compress
from benchmark.training.work import Outcome, Work


def _recipe(images_per_class: int, classes: int) -> ReconstructionRecipe:
    shared = random_recipe(images_per_class, classes)
    return ReconstructionRecipe(**vars(shared), pretraining_images="all")


@register("autoencoder_all", pretrained=False, recipe=_recipe, settings_of="autoencoder")
def autoencoder_all(work: Work[ReconstructionRecipe]) -> Outcome:
    """Reconstructs the task's training images, then trains everything as scratch does."""
    return fit_network(work, random_start, compress)
