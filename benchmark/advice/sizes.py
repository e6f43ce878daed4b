"""A probe at two image sizes: size often moves accuracy more than any arm, and costs one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.advice.content import Size
from benchmark.analysis.curves import curve
from benchmark.analysis.gains import estimates, gain_cells
from benchmark.analysis.scores import Score, pairs, score_of
from benchmark.errors import UserError
from benchmark.harness import sweep
from benchmark.harness.limit import Limit
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.watch import Watch

LARGER = (64, 96, 128, 160, 224)
SEEDS = 3
_AT_LEAST = 1.5
"""Times the usual side: less is hardly another size."""


def larger_than(pixels: int) -> int | None:
    """The size to try beside ``pixels``; None where that is large already."""
    return next((size for size in LARGER if size >= _AT_LEAST * pixels), None)


def compared(
    selection: Selection,
    images_per_class: int,
    records: Path,
    workers: int,
    limit: Limit | None,
    watch: Watch,
) -> Size | None:
    """Probes of the selection's task and backbone at its size and at a larger one.

    None where there is no larger one, or a size cannot be run or was not done in time.
    """
    (task,) = selection.tasks
    usual = selection.image_size or task.image_size
    larger = larger_than(usual)
    if larger is None:
        return None
    both = [
        _probes(
            replace(selection, image_size=size), images_per_class, records, workers, limit, watch
        )
        for size in (usual, larger)
    ]
    return _size(*both) if all(both) else None


def _probes(
    selection: Selection,
    images_per_class: int,
    records: Path,
    workers: int,
    limit: Limit | None,
    watch: Watch,
) -> list[Score]:
    chosen = replace(selection, arms=("probe",), images_per_class=(images_per_class,), seeds=SEEDS)
    try:
        jobs = prepare(chosen).jobs
    except UserError:  # a network that does not take the size
        return []
    deque(
        sweep.run(records, jobs, workers, watch, what="probes at two image sizes", limit=limit), 0
    )
    found = [record for job in jobs if (record := sweep.current(records, job))]
    return [score for score in map(score_of, found) if score.reason is None]


def _size(usual: Sequence[Score], larger: Sequence[Score]) -> Size | None:
    both = {score.trial.seed for score in usual} & {score.trial.seed for score in larger}
    usual, larger = ([one for one in of if one.trial.seed in both] for of in (usual, larger))
    cells = gain_cells(pairs(larger, usual))
    if not cells:
        return None
    (gain,) = estimates(cells)
    (small,), (large,) = curve(usual), curve(larger)
    return Size(
        images_per_class=gain.images_per_class,
        pixels=usual[0].data.image_size,
        accuracy=small.accuracy or 0.0,
        low=small.low,
        high=small.high,
        larger_pixels=larger[0].data.image_size,
        larger_accuracy=large.accuracy or 0.0,
        larger_low=large.low,
        larger_high=large.high,
        gain=gain.mean,
        gain_low=gain.low,
        gain_high=gain.high,
    )
