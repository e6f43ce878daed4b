"""Outcomes become lines of a table, and lines are held against what verdicts promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.crossover import VerdictKind
from benchmark.analysis.next_trials import StopReason
from benchmark.checks.calibration.audits import AuditRow
from benchmark.checks.calibration.scenes import Part
from benchmark.checks.calibration.simulate import Outcome, Scene

LEAST_COVERED = 0.93
MOST_COVERED = 0.985
"""Of a curve that falls all at once: it alone says nothing of where in its gap it crosses."""
MOST_WRONG = 0.05


@dataclass(frozen=True)
class Row:
    """One line: shares of the sweeps of one scene, and the median width."""

    scene: Scene
    coverage: float | None
    """Of N* by its interval; None where the curve has none."""
    decided_coverage: float | None
    """The same among the sweeps that are not undecided; None if there are none."""
    wrong: float
    kinds: dict[VerdictKind, float]
    width: float
    cells: float
    """How often the interval of a gain holds the true gain, over all N."""

    @property
    def name(self) -> str:
        """For a sentence."""
        scene = self.scene
        how = f", {scene.noise} noise" + ("" if scene.counted else ", disagreement not counted")
        return f"{scene.shape}, {scene.seeds} seeds, {scene.test_images} test images{how}"


@dataclass(frozen=True)
class AdaptiveRow:
    """One line: shares of the sweeps of one scene that chose their trials."""

    row: Row
    """As of any sweep; the scene's seeds are the most that an N could get."""
    sweeps: int
    trials: float
    """Mean share of the trials of ten seeds at every N that were run."""
    cost: float
    """The same of their cost."""
    stops: Mapping[StopReason, float]
    """Why they stopped."""
    evenly_decided: float
    """Share that ten seeds at every N of the same simulated sweeps decide."""


@dataclass(frozen=True)
class Calibration:
    """The tables, and where they are out of bounds."""

    parts: dict[Part, tuple[Row, ...]]
    audits: tuple[AuditRow, ...]
    adaptive: tuple[AdaptiveRow, ...]
    failures: tuple[str, ...]
    """One sentence for each bound that a scene breaks; empty if all is well."""


def calibration(
    parts: dict[Part, tuple[Row, ...]],
    audits: Sequence[AuditRow],
    adaptive: Sequence[AdaptiveRow],
) -> Calibration:
    """Tables with what is wrong in them."""
    rows = [row for part in parts.values() for row in part]
    chosen = [f"trials that are chosen, {one}" for one in _failures(a.row for a in adaptive)]
    failures = (*_failures(rows), *_false_voids(audits), *_false_holds(audits), *chosen)
    return Calibration(parts, tuple(audits), tuple(adaptive), failures)


def summary(scene: Scene, outcomes: Sequence[Outcome]) -> Row:
    """Shares and the median width of one scene's outcomes."""
    kinds = Counter(outcome.kind for outcome in outcomes)
    return Row(
        scene,
        _share(outcome.covered for outcome in outcomes),
        _share(outcome.covered for outcome in outcomes if outcome.kind != "undecided"),
        sum(outcome.wrong for outcome in outcomes) / len(outcomes),
        {kind: number / len(outcomes) for kind, number in kinds.items()},
        float(np.median([outcome.width for outcome in outcomes])),
        float(np.mean([outcome.cells for outcome in outcomes])),
    )


def _share(flags: Iterable[bool | None]) -> float | None:
    known = [flag for flag in flags if flag is not None]
    return sum(known) / len(known) if known else None


def _failures(rows: Iterable[Row]) -> list[str]:
    broken = []
    for row in rows:
        most = MOST_COVERED if row.scene.shape == "jump" else 1.0
        if row.coverage is not None and not LEAST_COVERED <= row.coverage <= most:
            broken.append(f"{row.name}: the interval of N* covers {row.coverage:.1%}")
        if row.cells < LEAST_COVERED:
            broken.append(f"{row.name}: the intervals of gains cover {row.cells:.1%}")
        if row.wrong > MOST_WRONG:
            broken.append(f"{row.name}: {row.wrong:.1%} wrong verdicts")
    return broken


def _false_holds(rows: Iterable[AuditRow]) -> list[str]:
    return [
        f"audits with {row.scene.seeds} seeds, {row.scene.test_images} test images: "
        f"{row.holds:.1%} of verdicts on a poor recipe hold"
        for row in rows
        if not row.scene.sound and row.holds is not None and row.holds > MOST_WRONG
    ]


def _false_voids(rows: Iterable[AuditRow]) -> list[str]:
    return [
        f"audits with {row.scene.seeds} seeds, {row.scene.test_images} test images: "
        f"{row.void:.1%} of sound verdicts are void"
        for row in rows
        if row.scene.sound and row.void is not None and row.void > MOST_WRONG
    ]
