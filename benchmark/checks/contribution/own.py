"""The suite's own recipes: what a record was trained with has to be one of them.

A recipe that is well written and goes into its record's fingerprint may still be sabotage: scratch
with a rate of 1e-9 makes any pretraining look good.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.checks.contribution import former
from benchmark.checks.contribution.filed import Problem
from benchmark.errors import UserError
from benchmark.records.evidence import EVIDENCE_FILE, all_evidence, chosen_settings
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import AnyRecipe, StoredRecipe, as_stored, stored
from benchmark.records.record import Record, Trial
from benchmark.records.tuned import SETTINGS_FILE, tuned_backbones
from benchmark.tasks.definition.schema import Task


@dataclass(frozen=True)
class Cell:
    """What a recipe depends on, beside the task."""

    protocol: int
    trial: Trial
    """With seed 0: seeds share a recipe."""
    alternative: str | None
    """Which audit it is of, if any."""
    classes: int
    image_size: int
    backbone: str
    """As timm understands it, where it is at hand."""


_SHOWN = 60
"""Characters of a value that a message repeats."""


def recipe(task: Task, cell: Cell) -> StoredRecipe | None:
    """The suite's own recipe for a cell, or what its audit makes of it, under its protocol.

    None where there was none, or an audit has nothing to vary. Raises `UserError` for an unknown
    arm, or where the recipe depends on a network that is not at hand.
    """
    if cell.protocol == PROTOCOL:
        current = today(task, cell)
        return None if current is None else stored(as_stored(current))
    rule = former.RULES.get(cell.protocol)
    used = rule and rule(cell.trial, task)
    return used.varied(cell.alternative) if used and cell.alternative else used


def today(task: Task, cell: Cell) -> AnyRecipe | None:
    """The recipe with which the suite would train a cell now; None where none can be varied."""
    # Imported late: torch takes seconds, and a folder without records needs none.
    from benchmark import arms
    from benchmark.harness.plan import recipe_for
    from benchmark.training.backbones import Backbone

    arm, n = arms.arm(cell.trial.arm), cell.trial.images_per_class
    used = recipe_for(arm, task, Backbone(cell.backbone), n, cell.classes, cell.image_size)
    return used if cell.alternative is None else used.varied(cell.alternative)


def faults(record: Record, own: StoredRecipe | None, alternative: str | None) -> Iterator[str]:
    """How a record's recipe differs from the suite's own, None where it has none."""
    kind = "" if alternative is None else f" with {alternative}"
    if own is None:
        varied = "under it" if alternative is None else f"that {alternative} could vary"
        yield f"recipe: of protocol {record.protocol} {record.trial.arm} has none {varied}"
        return
    if stored(record.recipe) == own:
        return
    different = _differences(dict(_settings(record.recipe)), dict(_settings(own.settings)))
    yield f"recipe: not the suite's own{kind}: {', '.join(different)}"


def _settings(recipe: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Dotted name and JSON of each value: neither 1 and 1.0 nor 1 and true are equal."""
    for name, value in recipe.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{above}{name}.")
        else:
            yield above + name, json.dumps(value)


def _differences(found: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is {found.get(name, 'missing')[:_SHOWN]}, not {own.get(name, 'a setting of it')}"
        for name in sorted({*found, *own})
        if found.get(name) != own.get(name)
    ]


def tuning_problems(backbones: set[str]) -> Iterator[Problem]:
    """Settings in use for ``backbones`` are those that the measurements beside them choose."""
    try:
        evidence = all_evidence()
    except UserError as error:
        yield Problem(EVIDENCE_FILE, error.what)
        return
    for name in sorted(backbones & tuned_backbones().keys()):
        kept = tuned_backbones()[name].settings
        chosen = chosen_settings({cell: a for cell, a in evidence.items() if cell.backbone == name})
        if kept != chosen:
            what = f"{name}: its settings are {kept}, the measurements choose {chosen}"
            yield Problem(SETTINGS_FILE, what)
