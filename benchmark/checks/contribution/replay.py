"""Whether a training's steps and its losses go together: both follow from the recipe's schedule."""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmark.records.recipe import StoredRecipe
from benchmark.records.record import Training
from benchmark.training.schedule import Schedule, levelled_off, schedule_of

_ROUNDING = 1e-5
"""Of losses in records: one so near to the floor may have been on either side of it."""


def replay_faults(recipe: StoredRecipe, training: Training) -> Iterator[str]:
    """What of the training the schedule of its recipe could not have made."""
    schedule = schedule_of(recipe.settings)
    if schedule is None:
        yield "recipe: what its schedule is made of is missing or no number"
        return
    floor, losses = schedule.recipe.floor, training.losses
    if any(abs(loss - floor) <= _ROUNDING for loss in losses):
        return
    _observe_all(schedule, losses)
    windows = math.ceil(schedule.end / schedule.window)
    if (training.steps, len(losses)) != (schedule.end, windows):
        yield (
            f"training: with such losses it ends after {schedule.end} steps and has {windows} of "
            f"them, not {training.steps} and {len(losses)}"
        )
    elif training.levelled_off != levelled_off(losses, schedule.trunk_windows, floor):
        yield "training.levelled_off: not what its losses say"


def _observe_all(schedule: Schedule, losses: tuple[float, ...]) -> None:
    for position, loss in enumerate(losses):
        schedule.observe(min((position + 1) * schedule.window, schedule.end), loss)
