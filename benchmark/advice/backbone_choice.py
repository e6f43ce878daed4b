"""Which backbone to take where nobody named one."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

import torch

from benchmark import arms
from benchmark.defaults import BUNDLED, backbone_folders
from benchmark.errors import UserError
from benchmark.harness import usable
from benchmark.harness.limit import ends_first
from benchmark.harness.usable import Usable
from benchmark.tasks import data
from benchmark.tasks.definition.schema import Task

_ARMS = ("scratch", "finetune")
_SIZES = 3
_SEEDS = 2
"""An answer takes so many seeds at so many N at the least."""
_SHARE = 0.5
"""Of the minutes, for these: the rest goes where it decides something."""
_LOOKING = 0.05
"""Of the minutes, after which no further backbone is looked at."""


def choose(task: Task, minutes: float, workers: int) -> str:
    """The strongest backbone at hand whose trainings fit the minutes; the bundled one without any.

    The strongest is that with the most parameters: with pretrained weights these say more than
    anything else that is known without a test. Nothing is downloaded.
    """
    candidates = usable.candidates(backbone_folders())
    if len(candidates) == 1:
        return candidates[0].name
    room = _SHARE * 60 * minutes * workers
    views = _SEEDS * sum(_views(task))
    fitting = [one for one in _looked_at(candidates, task, minutes) if _seconds(one, views) <= room]
    if not fitting:
        return BUNDLED
    return max(fitting, key=lambda one: one.parameters).candidate.name


def _looked_at(
    candidates: Iterable[usable.Candidate], task: Task, minutes: float
) -> Iterator[Usable]:
    until = time.monotonic() + _LOOKING * 60 * minutes
    threads = torch.get_num_threads()
    try:
        for one in candidates:
            looked = usable.look_at(one, task.image_size)
            if not isinstance(looked, UserError):
                yield looked
            if time.monotonic() > until:
                return
    finally:
        torch.set_num_threads(threads)  # whoever called may train with more than one


def _seconds(one: Usable, views: float) -> float:
    return views / one.images_per_second if one.images_per_second else math.inf


def _views(task: Task) -> Iterator[float]:
    """Of one training of each arm at each of a few N."""
    found = data.fingerprints(task)
    assert found is not None, "they were read when the task was checked"
    classes = len(found.class_names)
    for n in ends_first(task.images_per_class)[:_SIZES]:
        for arm in _ARMS:
            yield arms.arm(arm).recipe_at(n, classes).views * task.budget
