"""Which backbone to take where nobody named one."""

from __future__ import annotations

from benchmark.defaults import BUNDLED
from benchmark.tasks.definition.schema import Task


def choose(task: Task, minutes: float, workers: int) -> str:
    """The strongest pretrained backbone at hand whose trainings fit the minutes."""
    return BUNDLED
