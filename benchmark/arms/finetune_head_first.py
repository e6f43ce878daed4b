"""The classifier first, on frozen features, then everything (LP-FT, Kumar et al. 2022).

BatchNorm keeps its statistics throughout, as in the authors' own runs: with those of each batch the
features are no longer the ones that the classifier was fitted to. On digits such trainings began at
losses of 20 to 60 nats, where guessing has 2.3.
"""

from __future__ import annotations

from torch import nn

from benchmark.arms import register
from benchmark.records.own_recipes import HeadFirstRecipe
from benchmark.records.recipe import always
from benchmark.training import probing
from benchmark.training.backbones import logit_layers
from benchmark.training.budgets import PRETRAINED_RECIPE
from benchmark.training.fit import fit_network, pretrained_start, subset_pixels
from benchmark.training.work import Outcome, Work


@register(
    "finetune_head_first",
    pretrained=True,
    recipe=always(HeadFirstRecipe(**vars(PRETRAINED_RECIPE) | {"frozen_batch_norm": True})),
    settings_of="finetune",
)
def finetune_head_first(work: Work[HeadFirstRecipe]) -> Outcome:
    """Trains everything from the pretrained start with the probe's classifier on it."""
    return fit_network(work, pretrained_start, fit_head)


def fit_head(model: nn.Module, work: Work[HeadFirstRecipe]) -> None:
    """Gives the classifier the weights of a probe on the subset."""
    layers, labels = logit_layers(model, work.classes), work.dataset.train.labels[work.subset]
    probing.fit_layers(layers, model, subset_pixels(work), labels, work.recipe.probe, work.seed)
