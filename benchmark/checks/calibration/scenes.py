"""What is simulated: a line of the tables each, by the question that it asks of the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from benchmark.analysis.next_trials import MOST_SEEDS
from benchmark.checks.calibration.audits import AuditScene
from benchmark.checks.calibration.simulate import Scene

Part = Literal["crossing", "other", "recorded", "few", "usual"]


OTHER = ("never", "level", "hurts", "helps")
"""Curves without a crossover."""


@dataclass(frozen=True)
class Grid:
    """Everything that is simulated."""

    sweeps: dict[Part, tuple[Scene, ...]]
    audits: tuple[AuditScene, ...]
    adaptive: tuple[Scene, ...]
    """Sweeps that choose their trials."""


def grid() -> Grid:
    """Curves that cross the margin, others, the records' own noise, few test images, files without
    a count of disagreement; audits; sweeps that choose their trials."""
    crossing = ("smooth", "kinked", "peaked", "bump", "jump", "slow", "slight")
    sweeps: dict[Part, tuple[Scene, ...]] = {
        "crossing": _scenes(crossing, (3, 10), (300, 1000, 10000)),
        "other": _scenes(OTHER, (3, 10), (300, 1000, 10000)),
        "recorded": _scenes(
            ("smooth", "bump", "jump", "never", "level"), (3, 5, 10), (400, 1500), "recorded"
        ),
        "few": _scenes(("smooth", "four points"), (3, 5), (8, 20, 40, 100), "quiet"),
        "usual": _scenes(("smooth", "jump", "level"), (3, 5), (100, 1000), counted=False),
    }
    audits = product((True, False), (3, 5), (300, 1000))
    return Grid(sweeps, tuple(AuditScene(*one) for one in audits), _adaptive())


def _adaptive() -> tuple[Scene, ...]:
    curves = ("smooth", "kinked", "bump", "jump", *OTHER)
    most = (MOST_SEEDS,)
    recorded = ("smooth", "bump", "jump", "never", "level")
    return (
        *_scenes(curves, most, (300, 1000, 10000)),
        *_scenes(recorded, most, (400, 1500), "recorded"),
    )


def _scenes(
    shapes: Sequence[str],
    seeds: Sequence[int],
    images: Sequence[int],
    noise: str = "falling",
    *,
    counted: bool = True,
) -> tuple[Scene, ...]:
    return tuple(Scene(*one, noise, counted) for one in product(shapes, seeds, images))
