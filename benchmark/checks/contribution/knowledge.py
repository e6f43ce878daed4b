"""What this machine knows beside the records: tasks, their data, networks, the suite's recipes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmark.checks.contribution import data, networks, own
from benchmark.checks.contribution.data import Truth
from benchmark.checks.contribution.networks import Network
from benchmark.checks.contribution.own import Own
from benchmark.errors import UserError
from benchmark.records.record import Record, Trial
from benchmark.tasks.load import load_task
from benchmark.tasks.schema import Task


@dataclass(frozen=True)
class Knowledge:
    """Each is asked once; where something is not known, a text says why."""

    task: Callable[[str], Task | str]
    """Of this name."""
    truth: Callable[[str], Truth | str]
    """What the data of the task of this name say."""
    network: Callable[[str], Network | str]
    """Of the backbone of this name, as records have it."""
    _own: Callable[[Trial, int, str | None], Own | None]

    def own_recipes(self, record: Record, alternative: str | None) -> Own | None:
        """Those for a record, or for an audit of it; None for an unknown task or arm."""
        # Seeds share a recipe.
        return self._own(replace(record.trial, seed=0), record.data.classes, alternative)


def knowledge(tasks: Path | None, backbones: Sequence[str]) -> Knowledge:
    """``tasks`` holds the YAMLs; ``backbones`` are names that say where a network of records is."""

    @functools.cache
    def task(name: str) -> Task | str:
        try:
            return load_task(name, tasks)
        except UserError as error:
            return error.what

    def recipes(trial: Trial, classes: int, alternative: str | None) -> Own | None:
        found = task(trial.task)
        if isinstance(found, str):
            return None
        try:
            return own.recipes(found, trial, classes, alternative)
        except UserError:
            return None

    return Knowledge(
        task,
        functools.cache(partial(data.truth_of, tasks)),
        functools.cache(partial(networks.network_of, networks.by_portable_name(backbones))),
        functools.cache(recipes),
    )
