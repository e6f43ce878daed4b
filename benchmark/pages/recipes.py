"""Writes ``recipes.md``: what each arm does, how its settings were chosen, early ends."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmark.analysis.board import Board
from benchmark.analysis.certificate import Retrial
from benchmark.defaults import MARGIN
from benchmark.pages import saturation, tables
from benchmark.records.evidence import (
    Cell,
    as_text,
    chosen_settings,
    mean_accuracies,
    rates_at_the_edge,
)
from benchmark.records.recipe import FULL_BUDGET, Augmentation, ProbeRecipe, Recipe, settings_of
from benchmark.records.saturation import Budget
from benchmark.records.tuned import Settings, Tuned

_INTRO = """# Recipes

One recipe per arm. Its budget in views is a rule in N, which a task's `budget` multiplies; its
settings are tuned for each backbone at three N, and a trial takes those of the nearest. Tasks say
whether images may be mirrored. The table is taken from the records; several values in a cell are
those of several N, tasks or backbones. Recipes with `steps` are those of protocol 1.
"""

_CHOOSING = """## How the settings were chosen

Once per arm, backbone and size, by `make tune`: optimisers and learning rates from a small grid,
then one change at a time to the best of them, the same candidates for every arm, and for each
trainings on N images per class that are scored on held-out images. All of these are training
images of the development tasks; a test split is never looked at, and the seeds (from 1000 on) are
far from those of the leaderboard, so that its subsets are not chosen on either. The settings with
the best mean accuracy over tasks and seeds are taken. A probe has no such settings: it chooses its
regularisation by folds inside each subset.

The budget is not tuned: it is as large as it takes for a larger one to change little.

Settings are called a *tie* where their mean accuracy is within one standard error of the best
one's, the standard error being that of the paired difference over trainings.
"""

_MISSING = """The measurements (`benchmark/tuned/evidence.csv`) are missing: `make tune` makes them.
"""

_ENDING = """## Ending trainings early

A training whose loss has been at the floor in two windows in a row, after a minimum of views, cools
down and ends: there is nothing left to learn from it. The rule is the same for every arm and looks
at training losses alone. `make audit` trains the cells that decide a verdict again without it.
"""


def _meanings() -> dict[str, str]:
    """Setting -> what it is, in the order of a table."""
    inner = {f"augmentation.{name}": one.meaning for name, one in settings_of(Augmentation)}
    former = {"steps": "optimiser steps at most (protocol 1)"}
    kinds = [{name: one.meaning for name, one in settings_of(k)} for k in (Recipe, ProbeRecipe)]
    return kinds[0] | inner | kinds[1] | former


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
    on = f"Development tasks: {', '.join(sorted(development)) or 'none'}.\n"
    parts = [_INTRO, _recipe_table(boards), _CHOOSING, on, *_choosing(choices)]
    parts += [saturation.section(choices.saturation, choices.margin)]
    return "\n".join([*parts, _ENDING, _early_ends(boards)])


# The recipes


def _recipe_table(boards: Sequence[Board]) -> str:
    recipes = [
        (name, _flat(recipe.settings))
        for board in boards
        for name, arm in board.arms.items()
        for recipe in arm.recipes
    ]
    if not recipes:
        return "There are no records yet.\n"
    arms = sorted({arm for arm, _ in recipes})
    used = dict.fromkeys(name for _, recipe in recipes for name in recipe)
    meanings = _meanings()
    order = {name: place for place, name in enumerate(meanings)}
    rows = [
        [f"`{name}`", *(_values(recipes, arm, name) for arm in arms), meanings.get(name, "")]
        for name in sorted(used, key=lambda name: (order.get(name, len(order)), name))
    ]
    return tables.aligned(["setting", *arms, "what it is"], rows) + "\n"


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings as ``augmentation.shift``."""
    plain: dict[str, Any] = {}
    for name, value in recipe.items():
        inner = value if isinstance(value, dict) else {}
        plain |= {f"{name}.{key}": one for key, one in inner.items()} or {name: value}
    return plain


def _values(recipes: Iterable[tuple[str, Mapping[str, Any]]], arm: str, name: str) -> str:
    found = [recipe[name] for one, recipe in recipes if one == arm and name in recipe]
    return ", ".join(sorted({_value(value) for value in found}, key=lambda v: (len(v), v)))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)


# The choice of settings


def _choosing(choices: Choices) -> list[str]:
    names = sorted({cell.backbone for cell in choices.evidence} | set(choices.tuned))
    parts = [] if choices.evidence else [_MISSING]
    for name in names:
        cells = {c: a for c, a in choices.evidence.items() if c.backbone == name}
        parts.append(_backbone(name, cells, choices.tuned.get(name)))
    return parts


def _backbone(name: str, cells: Mapping[Cell, float], tuned: Tuned | None) -> str:
    used = _chosen(tuned.settings) if tuned is not None else {}
    lines = [f"### {name}", "", _in_use(tuned), ""]
    if not cells:
        return "\n".join([*lines, f"No measurements of {name} are stored.", ""])
    best = _chosen(chosen_settings(cells))
    if used and used != best:
        lines += ["The measurements stored by now are best with other settings.", ""]
    for arm, size, rate in rates_at_the_edge(cells):
        lines += [f"A rate for {arm} at N={size} beyond {rate:g}, the last tried, may do better."]
        lines += [""]
    return "\n".join([*lines, _drawn(cells), "", _sweep_table(cells, best, used), ""])


_Chosen = Mapping[tuple[str, int], str]
"""Arm and N -> settings, as a cell has them."""


def _chosen(settings: Mapping[str, Mapping[int, Settings]]) -> _Chosen:
    return {
        (arm, size): as_text(one) for arm, sizes in settings.items() for size, one in sizes.items()
    }


def _in_use(tuned: Tuned | None) -> str:
    if tuned is None:
        return "No settings are chosen yet: the arms' defaults are in use."
    chosen = [f"{arm} N={n} {_words(one)}" for (arm, n), one in _chosen(tuned.settings).items()]
    return f"Settings in use: {'; '.join(chosen)}. Labels that choosing them took: {tuned.labels}."


def _words(settings: str) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in json.loads(settings).items())


def _drawn(cells: Iterable[Cell]) -> str:
    """Which seeds and how many held-out images there were."""
    tried = sorted(cells)
    seeds, held_out = {c.seed for c in tried}, {c.held_out for c in tried}
    return (
        f"Seeds: {', '.join(map(str, sorted(seeds)))}; "
        f"held-out images per class: {', '.join(map(str, sorted(held_out)))}. "
        "Mean held-out accuracy in %:"
    )


def _sweep_table(cells: Mapping[Cell, float], best: _Chosen, used: _Chosen) -> str:
    tasks = sorted({cell.task for cell in cells})
    rows = []
    for (arm, size, settings), mean in mean_accuracies(cells).items():
        tried = _tried(cells, (arm, size), settings)
        detail = [_mean_on(tried, task) for task in tasks]
        mark = _mark(cells, (arm, size), settings, best[arm, size])
        mark = "chosen" if settings == used.get((arm, size)) else mark
        shown = [arm, str(size), _words(settings), *detail, f"{100 * mean:.1f}"]
        rows.append([*shown, str(len(tried)), mark])
    return tables.aligned(["arm", "N", "settings", *tasks, "mean", "trainings", ""], rows)


def _tried(
    cells: Mapping[Cell, float], place: tuple[str, int], settings: str
) -> Mapping[Cell, float]:
    wanted = (*place, settings)
    return {c: a for c, a in cells.items() if (c.arm, c.images_per_class, c.settings) == wanted}


def _mean_on(cells: Mapping[Cell, float], task: str) -> str:
    found = [a for c, a in cells.items() if c.task == task]
    return f"{100 * float(np.mean(found)):.1f}" if found else ""


def _mark(cells: Mapping[Cell, float], place: tuple[str, int], settings: str, best: str) -> str:
    if settings == best:
        return "best so far"
    lost, error = paired_loss(cells, place, settings, best)
    return f"tie ({100 * lost:.1f} less, standard error {100 * error:.1f})" if lost <= error else ""


def paired_loss(
    cells: Mapping[Cell, float], place: tuple[str, int], settings: str, best: str
) -> tuple[float, float]:
    """Mean accuracy (0..1) that ``settings`` lack against ``best`` over shared subsets, its error.

    ``place`` is arm and N. With fewer than two shared subsets both are not a number.
    """
    one, other = (
        {(c.task, c.seed): a for c, a in _tried(cells, place, tried).items()}
        for tried in (settings, best)
    )
    lost = [other[drawn] - one[drawn] for drawn in sorted(one.keys() & other.keys())]
    if len(lost) < 2:
        return math.nan, math.nan
    return float(np.mean(lost)), float(np.std(lost, ddof=1)) / math.sqrt(len(lost))


# Early ends


def _early_ends(boards: Sequence[Board]) -> str:
    rows = [row for board in boards for row in _full_budget_rows(board)]
    audited = {(row[0], row[1]) for row in rows}
    missing = [f"{b.task} with {b.backbone}" for b in boards if (b.task, b.backbone) not in audited]
    lines = []
    if rows:
        header = ["task", "backbone", "arm", "at N", "change without early ends", "steps saved"]
        lines = ["In points of accuracy, mean over seeds:", ""]
        lines += [tables.aligned(header, rows), ""]
    if missing:
        lines += [f"Early ends have not been audited for {', '.join(missing)}.", ""]
    return "\n".join(lines)


def _full_budget_rows(board: Board) -> Iterator[Sequence[str]]:
    for arm, retrial in sorted(_full_budgets(board).items()):
        change = (retrial.improvement, retrial.improvement_low, retrial.improvement_high)
        yield (
            board.task,
            board.backbone,
            arm,
            " ".join(map(str, sorted(retrial.cells))),
            tables.percent(*change, sign=True),
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
