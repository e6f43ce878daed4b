"""The learning rate over a training, and when a training has nothing left to learn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmark.records.recipe import Recipe, reaches_floor

WINDOW_VIEWS = 3_200
"""Views in a window of the losses. Not a share of the budget: a longer training goes on as a
shorter one did."""
_LOW = 0.2
"""Nats: a training that begins near its end has no half of its first loss to lose."""


@dataclass
class Schedule:
    """Linear warm-up, a constant rate (the trunk), and a linear cool-down to zero.

    The cool-down begins at a fixed share of the budget or, if that is earlier, where the losses
    reach the floor (`reaches_floor`); its length is the same share of what the training then has in
    all. The rule looks at training losses alone and is the same for every arm.
    """

    recipe: Recipe
    _losses: list[float] = field(default_factory=list, init=False)
    _early: bool = field(default=False, init=False)
    trunk: int = field(init=False)
    """Steps before the cool-down, as far as is known yet."""

    def __post_init__(self) -> None:
        steps = self.recipe.steps
        self.trunk = steps - max(1, round(self.recipe.cooldown * steps))

    @property
    def window(self) -> int:
        """Steps in a window."""
        return math.ceil(WINDOW_VIEWS / self.recipe.batch_size)

    @property
    def end(self) -> int:
        """Steps in all, as far as is known yet."""
        if not self._early:
            return self.recipe.steps
        share = self.recipe.cooldown
        cooling = max(1, round(self.trunk * share / (1 - share)))
        return min(self.recipe.steps, self.trunk + cooling)

    def cools_down(self, step: int) -> bool:
        """Whether ``step`` lies in the cool-down."""
        return step >= self.trunk

    @property
    def trunk_windows(self) -> int:
        """Whole windows before the cool-down, as far as is known yet; at least one."""
        return max(1, self.trunk // self.window)

    def branch(self, views: int, step: int) -> Schedule:
        """That of the same training with a budget of ``views``, after ``step`` steps.

        Raises ValueError if it would have taken other steps by then: a cool-down has begun.
        """
        other = Schedule(replace(self.recipe, views=views))
        other._losses = self._losses.copy()
        if self._early and self.trunk < other.trunk:
            other.trunk, other._early = self.trunk, True
        same = (self.trunk, self.end) == (other.trunk, other.end)
        if not same and step > min(self.trunk, other.trunk):
            raise ValueError(f"step {step} lies in a cool-down that another budget would not have")
        return other

    def rate(self, step: int) -> float:
        """The learning rate at ``step``."""
        return self.recipe.learning_rate * self._factor(step)

    def _factor(self, step: int) -> float:
        warm = max(1, math.ceil(self.recipe.warmup / self.recipe.batch_size))
        rising = min(1.0, (step + 1) / warm)
        return rising * min(1.0, (self.end - step) / (self.end - self.trunk))

    def observe(self, steps_done: int, loss: float) -> None:
        """Takes the mean loss of the window that ended after ``steps_done`` steps."""
        self._losses.append(loss)
        early = steps_done * self.recipe.batch_size < self.recipe.floor_after
        if early or self.cools_down(steps_done):
            return
        if reaches_floor(self._losses[-2:], self.recipe.floor):
            self.trunk, self._early = steps_done, True


def schedule_of(settings: Mapping[str, Any]) -> Schedule | None:
    """That of a recipe as a record holds it; None where what it is made of is no such number."""
    made_of = {name: settings.get(name) for name in ("views", "batch_size", "floor_after")}
    whole = all(isinstance(one, int) and one >= 0 for one in made_of.values())
    made_of |= {name: settings.get(name) for name in ("cooldown", "floor")}
    numbers = all(isinstance(one, int | float) and 0 <= one < math.inf for one in made_of.values())
    if not (whole and numbers and made_of["views"] and made_of["batch_size"]):
        return None
    known: dict[str, Any] = made_of
    return Schedule(Recipe(learning_rate=0.0, **known))


def levelled_off(losses: Sequence[float], trunk: int, floor: float) -> bool:
    """Whether there was hardly anything left to learn.

    ``losses``: means of windows, of which the first ``trunk`` lie before the cool-down. Either the
    last is at the floor, or the last fifth of the trunk is lower than the fifth before by less than
    1% of the first loss and the last loss is low, or half of the first: a rate that is too high
    keeps a loss where guessing has it, and then nothing was learned. In the cool-down every loss
    falls; a share of the last loss would never do either: from a loss near zero, every small change
    is a large share.
    """
    fifth = max(1, trunk // 5)
    last = sum(losses[trunk - fifth : trunk]) / fifth
    before = (
        sum(losses[trunk - 2 * fifth : trunk - fifth]) / fifth if trunk >= 2 * fifth else math.inf
    )
    is_level = before - last < 0.01 * losses[0] and losses[-1] < max(_LOW, losses[0] / 2)
    return losses[-1] < floor or is_level
