"""The learning rate over a training, and when a training has nothing left to learn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from benchmark.records.recipe import Recipe, reaches_floor

WINDOWS = 50
"""Windows of equal length that a budget is watched in."""
_COOLDOWN = 0.3
"""Share of the budget that a training still gets once it is found to be at the floor."""


@dataclass
class Schedule:
    """Linear warm-up and cosine decay; or, from the floor on, a linear decay to an earlier end.

    The decay begins when the losses reach the floor (`reaches_floor`). The rule looks at training
    losses alone and is the same for every arm.
    """

    recipe: Recipe
    _losses: list[float] = field(default_factory=list, init=False)
    _cooldown_from: int | None = field(default=None, init=False)

    @property
    def window(self) -> int:
        """Steps in a window."""
        return math.ceil(self.recipe.steps / WINDOWS)

    @property
    def end(self) -> int:
        """Steps in all, as far as is known yet."""
        if self._cooldown_from is None:
            return self.recipe.steps
        return min(self.recipe.steps, self._cooldown_from + self._cooldown_steps)

    @property
    def _cooldown_steps(self) -> int:
        return max(1, round(_COOLDOWN * self.recipe.steps))

    def rate(self, step: int) -> float:
        """The learning rate at ``step``."""
        return self.recipe.learning_rate * self._factor(step)

    def _factor(self, step: int) -> float:
        if self._cooldown_from is not None:
            left = (self._cooldown_from + self._cooldown_steps - step) / self._cooldown_steps
            return self._cosine(self._cooldown_from) * left
        return self._cosine(step)

    def _cosine(self, step: int) -> float:
        steps = self.recipe.steps
        warm = max(1, round(self.recipe.warmup * steps))
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))

    def observe(self, steps_done: int, loss: float) -> None:
        """Takes the mean loss of the window that ended after ``steps_done`` steps."""
        self._losses.append(loss)
        if self._cooldown_from is None and reaches_floor(self._losses[-2:], self.recipe.floor):
            self._cooldown_from = steps_done
