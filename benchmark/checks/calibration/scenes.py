"""What is simulated: a line of the tables each, by the question that it asks of the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from benchmark.checks.calibration.audits import AuditScene
from benchmark.checks.calibration.simulate import Scene

Part = Literal["crossing", "other", "recorded", "few", "usual"]


@dataclass(frozen=True)
class Grid:
    """Everything that is simulated."""

    sweeps: dict[Part, tuple[Scene, ...]]
    audits: tuple[AuditScene, ...]


def grid() -> Grid:
    """Curves that cross the margin, others, the records' own noise, few test images, files without
    a count of disagreement; audits."""
    crossing = ("smooth", "kinked", "peaked", "bump", "jump", "slow", "slight")
    other = ("never", "level", "hurts", "helps")
    sweeps: dict[Part, tuple[Scene, ...]] = {
        "crossing": _scenes(crossing, (3, 10), (300, 1000, 10000)),
        "other": _scenes(other, (3, 10), (300, 1000, 10000)),
        "recorded": _scenes(
            ("smooth", "bump", "jump", "never", "level"), (3, 5, 10), (400, 1500), "recorded"
        ),
        "few": _scenes(("smooth", "four points"), (3, 5), (8, 20, 40, 100), "quiet"),
        "usual": _scenes(("smooth", "jump", "level"), (3, 5), (100, 1000), counted=False),
    }
    audits = product((True, False), (3, 5), (300, 1000))
    return Grid(sweeps, tuple(AuditScene(*one) for one in audits))


def _scenes(
    shapes: Sequence[str],
    seeds: Sequence[int],
    images: Sequence[int],
    noise: str = "falling",
    *,
    counted: bool = True,
) -> tuple[Scene, ...]:
    return tuple(Scene(*one, noise, counted) for one in product(shapes, seeds, images))
