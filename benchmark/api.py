"""The few names that a program uses; what they return is frozen, and nothing is printed.

>>> import benchmark
>>> task = benchmark.load_task("digits")
>>> task.image_size, task.images_per_class[:3]
(32, (1, 2, 5))

``benchmark.run(task, arms=["scratch", "probe"])`` then gives a `Board`: all that a table shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.analysis.board import Board
from benchmark.defaults import ARMS, BUNDLED, LOCAL, MARGIN, MINUTES, RECORDED, SEEDS
from benchmark.harness.judged import judged
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.record import Record
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task

if TYPE_CHECKING:
    from datasets import Dataset

    from benchmark.advice.content import Advice

__all__ = ["advise", "as_dataset", "leaderboard", "load_task", "run"]


def run(
    task: Task,
    backbone: str = BUNDLED,
    arms: Sequence[str] = ARMS,
    images_per_class: Sequence[int] | None = None,
    seeds: int | Mapping[int, int] = SEEDS,
    *,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
    pretrained_on: str | None = None,
) -> Board:
    """Runs what is not stored below ``records`` yet; ``images_per_class`` is else the task's grid.

    ``seeds``: at every N, or N -> how many; an N that is not named gets none.
    ``margin``: gain that counts as no help, 0..1. ``pretrained_on``: what the backbone's weights
    were trained on, where the tag in its name does not say it. Raises `UserError` for unknown names
    and for data or weights that cannot be had.
    """
    from benchmark.harness.bench import bench
    from benchmark.harness.plan import Selection, prepare

    sizes = None if images_per_class is None else tuple(images_per_class)
    selection = Selection(
        (task,), (backbone,), tuple(arms), sizes, seeds, pretrained_on=pretrained_on
    )
    plan = prepare(selection)
    (board,) = bench(plan, records, margin, workers)
    return board


def advise(
    task: Task,
    minutes: float = MINUTES,
    backbone: str | None = None,
    *,
    records: Path = LOCAL,
    margin: float = MARGIN,
    workers: int = 1,
) -> Advice:
    """Runs what decides the most of a task within ``minutes`` and says what to do, in numbers.

    What is stored below ``records`` is not run again. Without a ``backbone``, the strongest at hand
    that fits the minutes. ``benchmark.advice.words.text`` puts it in words. Raises `UserError` for
    data or weights that cannot be had, and where not one training ended in time.
    """
    from benchmark.advice.advise import advise as advised
    from benchmark.advice.backbone_choice import choose

    chosen = backbone or choose(task, minutes, workers)
    return advised(task, chosen, minutes, records=records, margin=margin, workers=workers).advice


def as_dataset(records: Path = RECORDED) -> Dataset:
    """All stored records, a row each, in the columns of `records.record.Record`.

    Recipe and versions, whose keys differ, are JSON. ``as_dataset().push_to_hub("ORG/NAME")``
    publishes them. Warns of each file that is no record and leaves it out.
    """
    from datasets import Dataset

    found = store.load(records, Watch().left_out)
    return Dataset.from_list([_row(record) for record in found])


def _row(record: Record) -> dict[str, Any]:
    content = asdict(record)
    trial = content.pop("trial")
    as_text = {key: json.dumps(content[key], sort_keys=True) for key in ("recipe", "versions")}
    return {**trial, **content, **as_text}


def leaderboard(records: Path = RECORDED, margin: float = MARGIN) -> list[Board]:
    """What stored records say, one board per task, backbone and image size, without training.

    Warns of each file that is no record, or not in its place, and leaves it out.
    """
    return judged(store.load(records, Watch().left_out), records, margin)
