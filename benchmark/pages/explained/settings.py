"""With what the trainings of the page were made, and whether that was chosen anew since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmark.pages import escape, printer
from benchmark.records.explained.finding import Finding
from benchmark.records.tuned import settings_for

_COLUMNS = {
    "optimiser": "optimiser",
    "learning_rate": "learning rate",
    "batch_size": "batch",
    "weight_decay": "weight decay",
    "views": "views",
    "trunk_scale": "side before the cool-down",
    "mask": "hidden before reconstruction",
}
"""Field of a recipe -> what the table calls it."""


def table(found: Iterable[Finding]) -> str:
    """One row per task, backbone, N and arm; empty without findings.

    Other trainings of the page have the recipe of fine-tuning or, twins, that of their arm.
    """
    # At one N all seeds have the same.
    recipes = {
        (one.cell.task, one.cell.backbone, one.cell.images_per_class, arm): (recipe, one.data)
        for one in found
        for arm, recipe in one.recipes.items()
        if " " not in arm
    }
    rows = [
        (
            *(escape.text(task), escape.code(backbone), str(n), arm, str(data.image_size)),
            *(_value(recipe.get(field)) for field in _COLUMNS),
            "" if _is_current(backbone, arm, n, recipe) else "chosen anew since",
        )
        for (task, backbone, n, arm), (recipe, data) in sorted(
            recipes.items(), key=lambda item: item[0]
        )
    ]
    header = ("task", "backbone", "N", "arm", "image size, px", *_COLUMNS.values(), "settings")
    return printer.markdown(header, rows) if rows else ""


def _value(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _is_current(backbone: str, arm: str, n: int, recipe: Mapping[str, Any]) -> bool:
    borrowed = str(recipe.get("settings_of", arm))
    chosen = settings_for(backbone, arm, n) or settings_for(backbone, borrowed, n)
    return all(recipe.get(field) == value for field, value in chosen.items())
