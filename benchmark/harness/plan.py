"""The grid that a user asks for becomes a list of trials. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.records.record import Trial
from benchmark.tasks import subsets


def grid(
    task: str,
    backbones: Sequence[str],
    arms: Sequence[str],
    images_per_class: Iterable[int],
    seeds: int,
) -> list[Trial]:
    """All trials of one task: every backbone and arm on the same subsets."""
    sizes = sorted(set(images_per_class))
    return [
        Trial(task, backbone, arm, n, seed)
        for backbone in backbones
        for n in sizes
        for seed in range(seeds)
        for arm in arms
    ]


def feasible(
    sizes: Iterable[int], labels: NDArray[np.int64], class_names: Sequence[str]
) -> tuple[list[int], list[str]]:
    """The N that every class can fill, and a line for each N that is left out."""
    label, available = subsets.smallest_class(labels)
    kept, lines = [], []
    for n in sorted(set(sizes)):
        if n <= available:
            kept.append(n)
        else:
            lines.append(
                f"N={n} is left out: class {class_names[label]!r} has {available} training images"
            )
    return kept, lines
