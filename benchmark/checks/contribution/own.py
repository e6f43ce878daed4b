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
from benchmark.records.evidence import all_evidence, chosen_rates
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import AnyRecipe, StoredRecipe, as_stored, stored
from benchmark.records.record import Record, Trial
from benchmark.records.tuned import RATES_FILE, tuned_backbones
from benchmark.tasks.definition.schema import Task

Own = Mapping[int, StoredRecipe]
"""Protocol -> the recipe that the suite uses under it."""


@dataclass(frozen=True)
class Cell:
    """What a recipe depends on, beside the task."""

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


def recipes(task: Task, cell: Cell) -> Own:
    """The suite's own recipe for a cell, or what its audit makes of it, under each protocol.

    None at all where an audit has nothing to vary. Raises `UserError` for an unknown arm.
    """
    by_protocol = {protocol: rule(cell.trial, task) for protocol, rule in former.RULES.items()}
    if cell.alternative is not None:
        by_protocol = {p: one and one.varied(cell.alternative) for p, one in by_protocol.items()}
    current = today(task, cell)
    by_protocol[PROTOCOL] = None if current is None else stored(as_stored(current))
    return {protocol: recipe for protocol, recipe in by_protocol.items() if recipe is not None}


def today(task: Task, cell: Cell) -> AnyRecipe | None:
    """The recipe with which the suite would train a cell now; None where none can be varied."""
    # Imported late: torch takes seconds, and a folder without records needs none.
    from benchmark import arms
    from benchmark.harness.plan import recipe_for
    from benchmark.training.backbones import Backbone

    arm, n = arms.arm(cell.trial.arm), cell.trial.images_per_class
    recipe = recipe_for(arm, task, Backbone(cell.backbone), n, cell.classes)
    return recipe if cell.alternative is None else recipe.varied(cell.alternative)


def protocols(record: Record, own: Own) -> tuple[int, ...]:
    """Those under which the record may have been made: the recipe is the suite's own.

    Several where it did not change, and all where it never was.
    """
    found = stored(record.recipe)
    known = tuple(protocol for protocol, recipe in own.items() if recipe == found)
    return known or tuple(range(1, PROTOCOL + 1))


def faults(record: Record, own: Own, alternative: str | None) -> Iterator[str]:
    """How a record's recipe differs from the closest of the suite's own."""
    if stored(record.recipe) in own.values():
        return
    if not own:
        yield f"recipe: {record.trial.arm} has none that {alternative} could vary"
        return
    found = dict(_settings(record.recipe))
    different = min(
        (_differences(found, dict(_settings(recipe.settings))) for recipe in own.values()), key=len
    )
    kind = "" if alternative is None else f" with {alternative}"
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
    """Tuned rates are those that the measurements beside them choose, for each of ``backbones``."""
    try:
        evidence = all_evidence()
    except UserError as error:
        yield Problem(RATES_FILE.with_name("evidence.csv"), error.what)
        return
    for name in sorted(backbones & tuned_backbones().keys()):
        kept = tuned_backbones()[name].rates
        chosen = chosen_rates({cell: a for cell, a in evidence.items() if cell.backbone == name})
        if kept != chosen:
            what = f"{name}: its rates are {kept}, the measurements choose {chosen}"
            yield Problem(RATES_FILE, what)
