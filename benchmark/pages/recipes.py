"""Writes ``recipes.md``: what each arm does, how its learning rate was chosen, early ends."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.analysis.board import Board
from benchmark.analysis.certificate import Retrial
from benchmark.pages import escape, printer, templates, words
from benchmark.records.evidence import Cell, chosen_rates, mean_accuracies, rates_at_the_edge
from benchmark.records.recipe import FULL_BUDGET, Augmentation, ProbeRecipe, Recipe, settings_of
from benchmark.records.tuned import Tuned


@dataclass(frozen=True)
class Choices:
    """How learning rates were chosen."""

    evidence: Mapping[Cell, float]
    """Held-out accuracies, 0..1; empty where the file is missing."""
    tuned: Mapping[str, Tuned]
    """Backbone -> the rates in use and the labels that they took."""


def page(boards: Sequence[Board], choices: Choices, development: Collection[str]) -> str:
    """The page as Markdown; ``development`` names the tasks that choices are made on."""
    not_audited = [board for board in boards if not _full_budgets(board)]
    return templates.render(
        "pages/recipes.md.j2",
        recipes=_recipe_table(boards),
        development=development,
        measured=bool(choices.evidence),
        backbones=_backbones(choices),
        early_ends=_early_ends(boards),
        not_audited=[f"{board.task} with {board.backbone}" for board in not_audited],
    )


# The recipes


def _recipe_table(boards: Sequence[Board]) -> str:
    recipes = [
        (name, _flat(recipe.settings))
        for board in boards
        for name, arm in board.arms.items()
        for recipe in arm.recipes
    ]
    if not recipes:
        return ""
    arms = sorted({arm for arm, _ in recipes})
    used = dict.fromkeys(name for _, recipe in recipes for name in recipe)
    meanings = _meanings()
    order = {name: place for place, name in enumerate(meanings)}
    rows = [
        [escape.code(name), *(_values(recipes, arm, name) for arm in arms), meanings.get(name, "")]
        for name in sorted(used, key=lambda name: (order.get(name, len(order)), name))
    ]
    return printer.markdown(["setting", *map(escape.text, arms), "what it is"], rows)


def _meanings() -> dict[str, str]:
    """Setting -> what it is, in the order of a table."""
    inner = {f"augmentation.{name}": one.meaning for name, one in settings_of(Augmentation)}
    kinds = [{name: one.meaning for name, one in settings_of(k)} for k in (Recipe, ProbeRecipe)]
    return kinds[0] | inner | kinds[1]


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
    return f"{value:g}" if isinstance(value, int | float) else escape.text(str(value))


# The choice of learning rates


def _backbones(choices: Choices) -> list[dict[str, object]]:
    names = sorted({cell.backbone for cell in choices.evidence} | set(choices.tuned))
    measured = [{c: a for c, a in choices.evidence.items() if c.backbone == n} for n in names]
    return [
        _backbone(name, cells, choices.tuned.get(name))
        for name, cells in zip(names, measured, strict=True)
    ]


def _backbone(name: str, cells: Mapping[Cell, float], tuned: Tuned | None) -> dict[str, object]:
    used = tuned.rates if tuned is not None else {}
    best = chosen_rates(cells)
    return {
        "name": name,
        "rates": _rates(used),
        "labels": tuned.labels if tuned is not None else 0,
        "better": _rates(best) if used and used != best else "",
        "at_the_edge": rates_at_the_edge(cells),
        "seeds": sorted({cell.seed for cell in cells}),
        "held_out": sorted({cell.held_out for cell in cells}),
        "sweep": _sweep_table(cells, best, used) if cells else "",
    }


def _rates(rates: Mapping[str, float]) -> str:
    return ", ".join(f"{escape.text(arm)} {rate:g}" for arm, rate in sorted(rates.items()))


def _sweep_table(
    cells: Mapping[Cell, float], best: Mapping[str, float], used: Mapping[str, float]
) -> str:
    places = sorted({(cell.task, cell.images_per_class) for cell in cells})
    header = ["arm", "learning rate", *(f"{escape.text(task)} N={n}" for task, n in places)]
    rows = []
    for (arm, rate), mean in mean_accuracies(cells).items():
        tried = {c: a for c, a in cells.items() if (c.arm, c.learning_rate) == (arm, rate)}
        detail = [_mean_at(tried, *place) for place in places]
        mark = "chosen" if rate == used.get(arm) else _mark(cells, arm, rate, best[arm])
        rows.append(
            [escape.text(arm), f"{rate:g}", *detail, f"{100 * mean:.1f}", str(len(tried)), mark]
        )
    return printer.markdown([*header, "mean", "trainings", ""], rows)


def _mean_at(cells: Mapping[Cell, float], task: str, n: int) -> str:
    found = [a for c, a in cells.items() if (c.task, c.images_per_class) == (task, n)]
    return f"{100 * float(np.mean(found)):.1f}" if found else ""


def _mark(cells: Mapping[Cell, float], arm: str, rate: float, best: float) -> str:
    if rate == best:
        return "best so far"
    lost, error = paired_loss(cells, arm, rate, best)
    return f"tie ({100 * lost:.1f} less, standard error {100 * error:.1f})" if lost <= error else ""


def paired_loss(
    cells: Mapping[Cell, float], arm: str, rate: float, best: float
) -> tuple[float, float]:
    """Mean accuracy (0..1) that ``rate`` lacks against ``best`` over shared subsets, and its error.

    With fewer than two shared subsets neither is known, and both are not a number.
    """
    one, other = (_by_subset(cells, arm, r) for r in (rate, best))
    lost = [other[drawn] - one[drawn] for drawn in sorted(one.keys() & other.keys())]
    if len(lost) < 2:
        return math.nan, math.nan
    return float(np.mean(lost)), float(np.std(lost, ddof=1)) / math.sqrt(len(lost))


def _by_subset(
    cells: Mapping[Cell, float], arm: str, rate: float
) -> dict[tuple[str, int, int], float]:
    return {
        (c.task, c.images_per_class, c.seed): accuracy
        for c, accuracy in cells.items()
        if (c.arm, c.learning_rate) == (arm, rate)
    }


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
            escape.text(board.task),
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
