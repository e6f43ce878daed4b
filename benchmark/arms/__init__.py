"""Arms: how a network starts and what of it is trained. One file per arm, found by itself.

An arm registers a function that gets a `Work` and returns an `Outcome`. A new arm is a new file in
this folder; nothing else has to be edited.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from benchmark.errors import UserError, nearest
from benchmark.records.recipe import ProbeRecipe, Recipe
from benchmark.training.work import Outcome, Work

Fit = Callable[[Work], Outcome]


@dataclass(frozen=True)
class Arm:
    """A registered arm."""

    name: str
    pretrained: bool
    """Whether it starts from pretrained weights."""
    recipe: Recipe | ProbeRecipe
    fit: Fit


_REGISTERED: dict[str, Arm] = {}


def register(name: str, *, pretrained: bool, recipe: Recipe | ProbeRecipe) -> Callable[[Fit], Fit]:
    """Makes the decorated function the arm ``name`` with its default recipe."""

    def remember(fit: Fit) -> Fit:
        _REGISTERED[name] = Arm(name, pretrained, recipe, fit)
        return fit

    return remember


@functools.cache
def all_arms() -> dict[str, Arm]:
    """The arms by name, from every module of this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_REGISTERED.items()))


def arm(name: str) -> Arm:
    """The arm ``name``; raises `UserError` with the nearest known name."""
    known = all_arms()
    if name not in known:
        raise UserError(
            f"unknown arm {name!r}{nearest(name, list(known))}",
            mend=f"the arms are: {', '.join(known)}",
        )
    return known[name]
