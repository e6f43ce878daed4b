"""The few names that a program uses; what they return is frozen, and nothing is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark.analysis.board import Board
from benchmark.defaults import ARMS, BUNDLED, LOCAL, MARGIN, RECORDED, SEEDS
from benchmark.harness.judged import judged
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task

__all__ = ["leaderboard", "load_task", "run"]


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


def leaderboard(records: Path = RECORDED, margin: float = MARGIN) -> list[Board]:
    """What stored records say, one board per task, backbone and image size, without training.

    Warns of each file that is no record, or not in its place, and leaves it out.
    """
    return judged(store.load(records, Watch().left_out), records, margin)
