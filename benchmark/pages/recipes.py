"""Writes ``recipes.md``: what each arm does, how its settings were chosen, early ends."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmark.analysis.board import ArmResult, Board
from benchmark.analysis.certificate import Retrial
from benchmark.defaults import MARGIN
from benchmark.pages import escape, printer, saturation, templates, words
from benchmark.pages.printer import Grid
from benchmark.pages.words import Shown
from benchmark.records.evidence import (
    Cell,
    as_text,
    chosen_settings,
    mean_accuracies,
    paired_loss,
    rates_at_the_edge,
    tried_with,
)
from benchmark.records.own_recipes import DroppingRecipe, ReconstructionRecipe
from benchmark.records.recipe import FULL_BUDGET, Augmentation, ProbeRecipe, Recipe, settings_of
from benchmark.records.saturation import Budget
from benchmark.records.tuned import Settings, Tuned


@dataclass(frozen=True)
class Choices:
    """How settings were chosen."""

    evidence: Mapping[Cell, float]
    """Held-out accuracies, 0..1; empty where the file is missing."""
    tuned: Mapping[str, Tuned]
    """Backbone -> the settings in use and the labels that they took."""
    saturation: Mapping[Budget, float] = field(default_factory=dict)
    """Held-out accuracies with several budgets, 0..1; empty where the file is missing."""
    margin: float = MARGIN
    """What counts as no difference, 0..1."""


def page(boards: Sequence[Board], choices: Choices, development: Collection[str]) -> str:
    """The page as Markdown; ``development`` names the tasks that choices are made on."""
    not_audited = [board for board in boards if not _full_budgets(board)]
    return templates.render(
        "pages/recipes.md.j2",
        recipes=_recipe_table(boards),
        development=development,
        measured=bool(choices.evidence),
        backbones=_backbones(choices),
        saturation=saturation.tables(choices.saturation, choices.margin),
        margin=words.points(choices.margin),
        early_ends=_early_ends(boards),
        not_audited=[f"{words.task_name(board)} with {board.backbone}" for board in not_audited],
    )


# The recipes


def _recipe_table(boards: Sequence[Board]) -> str:
    header, rows = settings_grid(boards)
    named = [[escape.code(name), *others] for name, *others in rows]
    return printer.markdown(header, named) if rows else ""


def settings_grid(boards: Sequence[Board], shown: Shown = escape.text) -> Grid:
    """Every setting that an arm of these boards was trained with: its name, values and meaning."""
    recipes = [
        (name, _flat(recipe.settings))
        for board in boards
        for name, arm in board.arms.items()
        for recipe in arm.recipes
    ]
    arms = sorted({arm for arm, _ in recipes})
    used = dict.fromkeys(name for _, recipe in recipes for name in recipe)
    meanings = _meanings()
    order = {name: place for place, name in enumerate(meanings)}
    rows = [
        [name, *(_values(recipes, arm, name, shown) for arm in arms), meanings.get(name, "")]
        for name in sorted(used, key=lambda name: (order.get(name, len(order)), name))
    ]
    return ["setting", *map(shown, arms), "what it is"], rows


def changing_settings(arm: ArmResult, shown: Shown = escape.text) -> list[str]:
    """What of an arm's recipe is not the same at every N: one text for each N; it may be empty."""
    plain = [_flat(recipe.settings) for recipe in arm.recipes]
    names = sorted({name for settings in plain for name in settings})
    changing = [n for n in names if any(one.get(n) != plain[0].get(n) for one in plain)]
    return [
        ", ".join(f"{shown(name)} {_value(one[name], shown)}" for name in changing if name in one)
        for one in plain
    ]


def _meanings() -> dict[str, str]:
    """Setting -> what it is, in the order of a table."""
    kinds = (
        ("", Recipe),
        ("augmentation.", Augmentation),
        ("", DroppingRecipe),
        ("", ReconstructionRecipe),
        ("", ProbeRecipe),
        ("probe.", ProbeRecipe),
    )
    own = {within + name: one.meaning for within, kind in kinds for name, one in settings_of(kind)}
    return own | {"steps": "optimiser steps at most (protocol 1)"}


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings as ``augmentation.shift``."""
    plain: dict[str, Any] = {}
    for name, value in recipe.items():
        inner = value if isinstance(value, dict) else {}
        plain |= {f"{name}.{key}": one for key, one in inner.items()} or {name: value}
    return plain


def _values(
    recipes: Iterable[tuple[str, Mapping[str, Any]]], arm: str, name: str, shown: Shown
) -> str:
    found = [recipe[name] for one, recipe in recipes if one == arm and name in recipe]
    return ", ".join(sorted({_value(value, shown) for value in found}, key=lambda v: (len(v), v)))


def _value(value: Any, shown: Shown = escape.text) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(_value(one, shown) for one in value)
    return f"{value:g}" if isinstance(value, int | float) else shown(str(value))


# The choice of settings


def _backbones(choices: Choices) -> list[dict[str, object]]:
    names = sorted({cell.backbone for cell in choices.evidence} | set(choices.tuned))
    measured = [{c: a for c, a in choices.evidence.items() if c.backbone == n} for n in names]
    return [
        _backbone(name, cells, choices.tuned.get(name))
        for name, cells in zip(names, measured, strict=True)
    ]


def _backbone(name: str, cells: Mapping[Cell, float], tuned: Tuned | None) -> dict[str, object]:
    used = _chosen(tuned.settings) if tuned is not None else {}
    best = _chosen(chosen_settings(cells))
    return {
        "name": name,
        "settings": [(*place, _words(one)) for place, one in used.items()],
        "labels": tuned.labels if tuned is not None else 0,
        "outdated": bool(used) and used != best,
        "at_the_edge": rates_at_the_edge(cells),
        "seeds": sorted({cell.seed for cell in cells}),
        "held_out": sorted({cell.held_out for cell in cells}),
        "sweep": _sweep_table(cells, best, used) if cells else "",
    }


_Chosen = Mapping[tuple[str, int], str]
"""Arm and N -> settings, as a cell has them."""


def _chosen(settings: Mapping[str, Mapping[int, Settings]]) -> _Chosen:
    return {
        (arm, size): as_text(one)
        for arm, sizes in sorted(settings.items())
        for size, one in sorted(sizes.items())
    }


def _words(settings: str) -> str:
    return ", ".join(
        f"{escape.text(name)} {_value(value)}" for name, value in json.loads(settings).items()
    )


def _sweep_table(cells: Mapping[Cell, float], best: _Chosen, used: _Chosen) -> str:
    tasks = sorted({cell.task for cell in cells})
    rows = []
    for (arm, size, settings), mean in mean_accuracies(cells).items():
        tried = tried_with(cells, (arm, size), settings)
        detail = [_mean_on(tried, task) for task in tasks]
        mark = _mark(cells, (arm, size), settings, best[arm, size])
        mark = "chosen" if settings == used.get((arm, size)) else mark
        shown = [escape.text(arm), str(size), _words(settings), *detail, f"{100 * mean:.1f}"]
        rows.append([*shown, str(len(tried)), mark])
    header = ["arm", "N", "settings", *map(escape.text, tasks), "mean", "trainings", ""]
    return printer.markdown(header, rows)


def _mean_on(cells: Mapping[Cell, float], task: str) -> str:
    found = [a for c, a in cells.items() if c.task == task]
    return f"{100 * float(np.mean(found)):.1f}" if found else ""


def _mark(cells: Mapping[Cell, float], place: tuple[str, int], settings: str, best: str) -> str:
    if settings == best:
        return "best so far"
    lost, error = paired_loss(cells, place, settings, best)
    how = "less" if lost >= 0 else "more"
    found = f"tie ({100 * abs(lost):.1f} {how}, standard error {100 * error:.1f})"
    return found if lost <= error else ""


# Early ends


def _early_ends(boards: Sequence[Board]) -> str:
    """What training without early ends changes; empty where nobody looked."""
    header = ["task", "backbone", "arm", "at N", "change without early ends", "steps saved"]
    rows = [row for board in boards for row in _full_budget_rows(board)]
    return printer.markdown(header, rows) if rows else ""


def _full_budget_rows(board: Board) -> Iterator[Sequence[str]]:
    for arm, retrial in sorted(_full_budgets(board).items()):
        change = (retrial.improvement, retrial.improvement_low, retrial.improvement_high)
        yield (
            escape.text(words.task_name(board)),
            escape.text(board.backbone),
            escape.text(arm),
            " ".join(map(str, sorted(retrial.cells))),
            words.percent(*change, sign=True),
            _saved(board, arm, set(retrial.cells)),
        )


def _full_budgets(board: Board) -> dict[str, Retrial]:
    """Arm -> the retrial with the most cells: scratch takes part in several comparisons."""
    found: dict[str, Retrial] = {}
    for comparison in board.comparisons.values():
        for retrial in comparison.retrials:
            if retrial.alternative == FULL_BUDGET:
                known = found.setdefault(retrial.arm, retrial)
                found[retrial.arm] = max(known, retrial, key=lambda one: len(one.cells))
    return found


def _saved(board: Board, arm: str, sizes: set[int]) -> str:
    shares = [p.steps_saved for p in board.arms[arm].points if p.images_per_class in sizes]
    known = [share for share in shares if share is not None]
    return f"{100 * float(np.mean(known)):.0f}%" if known else ""
