"""Data sets that come with scikit-learn: the digits."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmark.tasks.definition.schema import Task
from benchmark.tasks.pictures.images import Picture
from benchmark.tasks.reading.parts import Part, Reading, refusal
from benchmark.tasks.sources.base import Source, register, settings


@register
def bundled(task: Task) -> Source | None:
    """The data set of scikit-learn that the task names."""
    name = task.data.sklearn
    if name is None:
        return None
    identity = {"sklearn": name, "version": version("scikit-learn")} | settings(task.data)
    return Source(f"scikit-learn: {name}", identity, False, task.data, refusal(task), _read)


def _read(scratch: Path) -> Reading:
    from sklearn import datasets

    digits = datasets.load_digits()
    greys = (digits.images * 255 / 16).round().astype(np.uint8)
    whole = Part(digits.target.tolist(), "whole numbers", lambda i: Picture(greys[i], f"row {i}"))
    return Reading(whole, None)
