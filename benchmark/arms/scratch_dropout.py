"""Scratch that drops connections at random while it trains: dropout and stochastic depth."""

from __future__ import annotations

from torch import nn

from benchmark.arms import register
from benchmark.records.own_recipes import RATES, DroppingRecipe
from benchmark.training.backbones import Backbone
from benchmark.training.budgets import random_recipe
from benchmark.training.fit import fit_network
from benchmark.training.work import Outcome, Work


def _recipe(images_per_class: int, classes: int) -> DroppingRecipe:
    return DroppingRecipe(**vars(random_recipe(images_per_class, classes)))


def _refusal(backbone: Backbone) -> str | None:
    has = any(map(backbone.drops_at, RATES))
    return None if has else "it has neither dropout nor stochastic depth"


@register(
    "scratch_dropout",
    pretrained=False,
    recipe=_recipe,
    settings_of="scratch",
    changes=(
        *({"drop_rate": rate} for rate in (0.0, 0.1, 0.5)),
        *({"drop_path_rate": rate} for rate in (0.0, 0.2)),
    ),
    refusal=_refusal,
)
def scratch_dropout(work: Work[DroppingRecipe]) -> Outcome:
    """Trains everything as scratch does, part of it left out at random at each step."""
    return fit_network(work, _start)


def _start(work: Work[DroppingRecipe]) -> nn.Module:
    return work.backbone.create(
        work.classes, pretrained=False, image_size=work.image_size, rates=work.recipe.rates
    )
