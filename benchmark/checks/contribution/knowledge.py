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
from benchmark.checks.contribution.own import Cell
from benchmark.errors import UserError
from benchmark.records.recipe import StoredRecipe
from benchmark.records.record import Record
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task


@dataclass(frozen=True)
class Knowledge:
    """Each is asked once; where something is not known, a text says why."""

    task: Callable[[str], Task | str]
    """Of this name."""
    truth: Callable[[str], Truth | str]
    """What the data of the task of this name say."""
    network: Callable[[str], Network | str]
    """Of the backbone of this name, as records have it."""
    own: Callable[[Cell], StoredRecipe | str | None]
    """The suite's recipe for a cell; None where it has none."""

    def cell(self, record: Record, alternative: str | None) -> Cell:
        """The cell of a record; of an audit of it, if one is named."""
        network = self.network(record.trial.backbone)
        return Cell(
            record.protocol,
            replace(record.trial, seed=0),
            alternative,
            record.data.classes,
            record.data.image_size,
            record.trial.backbone if isinstance(network, str) else network.name,
        )


def knowledge(tasks: Path | None, backbones: Sequence[str]) -> Knowledge:
    """``tasks`` holds the YAMLs; ``backbones`` are names that say where a network of records is."""

    @functools.cache
    def task(name: str) -> Task | str:
        try:
            return load_task(name, tasks)
        except UserError as error:
            return error.what

    def recipe(cell: Cell) -> StoredRecipe | str | None:
        found = task(cell.trial.task)
        if isinstance(found, str):
            return found
        try:
            return own.recipe(found, cell)
        except UserError as error:
            return error.what

    return Knowledge(
        task,
        functools.cache(partial(data.truth_of, tasks)),
        functools.cache(partial(networks.network_of, networks.by_portable_name(backbones))),
        functools.cache(recipe),
    )
