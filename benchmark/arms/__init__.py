"""Arms: how a network starts and what of it is trained. One file per arm, found by itself.

An arm registers a function that gets a `Work` and returns an `Outcome`. A new arm is a new file in
this folder; nothing else has to be edited. What arms share is in `benchmark.training`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.errors import UserError, nearest
from benchmark.records.recipe import Rule
from benchmark.records.tuned import Settings
from benchmark.training.backbones import Backbone
from benchmark.training.work import Outcome, Work

Fit = Callable[[Work[Any]], Outcome]
Refusal = Callable[[Backbone], str | None]
"""Why an arm can do nothing with a backbone, as an end to a sentence about that; None if it can."""

ALL = "all"
"""Stands for every arm; none is called so."""


@dataclass(frozen=True)
class Arm:
    """A registered arm."""

    name: str
    pretrained: bool
    """Whether it is pretraining: its gain over scratch says what pretraining is worth."""
    reads_weights: bool
    """Whether what it does depends on the pretrained weights. It need not be pretraining for that:
    random weights may take over no more than their scale."""
    recipe_at: Rule
    fit: Fit
    settings_of: str | None
    """The arm whose tuned settings it takes where it has none of its own."""
    changes: tuple[Settings, ...]
    """Settings of its own that ``make tune`` tries, beside those that it tries for every arm."""
    is_tuned: bool
    """Whether ``make tune`` chooses its settings unasked: no other arm's say all of them."""
    refusal: Refusal


_REGISTERED: dict[str, Arm] = {}


def register(
    name: str,
    *,
    pretrained: bool,
    recipe: Rule,
    reads_weights: bool | None = None,
    settings_of: str | None = None,
    changes: Sequence[Settings] = (),
    is_tuned: bool | None = None,
    refusal: Refusal = lambda backbone: None,
) -> Callable[[Fit], Fit]:
    """Makes the decorated function the arm ``name``.

    ``recipe`` is asked at each N, ``reads_weights`` is ``pretrained`` unless it is said, and
    ``is_tuned`` whether there are ``changes``, or no arm to take settings from; see `Arm`.
    """
    reads = pretrained if reads_weights is None else reads_weights
    tuned = settings_of is None or bool(changes) if is_tuned is None else is_tuned

    def remember(fit: Fit) -> Fit:
        _REGISTERED[name] = Arm(
            name, pretrained, reads, recipe, fit, settings_of, tuple(changes), tuned, refusal
        )
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


def named(names: Sequence[str]) -> list[Arm]:
    """The arms of these names, or all where one of them is `ALL`; raises as `arm`."""
    return list(all_arms().values()) if ALL in names else [arm(name) for name in names]
