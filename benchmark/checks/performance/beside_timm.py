"""One cell of the default suite beside timm's own training script: accuracy and time."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.analysis.stats import Estimate, estimate
from benchmark.checks.performance import timm_script
from benchmark.checks.performance.efficiency import BENCH, seconds_of
from benchmark.checks.performance.timm_script import Trained
from benchmark.harness import plan
from benchmark.harness.job import Job
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.record import Record

ARMS = ("scratch", "finetune")
N = 20
SEEDS = 3


@dataclass(frozen=True)
class Beside:
    """An arm at one N: its trials, and the same subsets trained by timm's script."""

    arm: str
    images_per_class: int
    steps: int
    """Of each training, the same on both sides."""
    ours: tuple[float, ...]
    """Accuracies in 0..1, by seed."""
    theirs: tuple[Trained, ...]
    our_seconds: float
    """Of a training, from the command that runs all of them in turn to its end."""

    @property
    def difference(self) -> Estimate:
        """Our accuracy less theirs, over seeds."""
        return estimate([a - b.accuracy for a, b in zip(self.ours, self.theirs, strict=True)])

    @property
    def their_seconds(self) -> float:
        """Of a training, from its command to its end."""
        return sum(one.seconds for one in self.theirs) / len(self.theirs)


def beside(script: Path, selection: Selection) -> tuple[Beside, ...]:
    """Each of `ARMS`, for the selection's only task and backbone, one process at a time.

    Raises as `timm_script.train`.
    """
    return tuple(_beside(script, selection, arm) for arm in ARMS)


def _beside(script: Path, selection: Selection, arm: str) -> Beside:
    cell = replace(selection, arms=(arm,), images_per_class=(N,), seeds=SEEDS)
    seconds, ours = _ours(cell)
    return Beside(
        arm=arm,
        images_per_class=N,
        steps=max(record.training.steps for record in ours),
        ours=tuple(record.accuracy or 0.0 for record in ours),
        theirs=tuple(_theirs(script, job) for job in plan.prepare(cell).jobs),
        our_seconds=seconds / SEEDS,
    )


def _ours(cell: Selection) -> tuple[float, list[Record]]:
    """Seconds of all of its trials in turn, and their records by seed."""
    (task,), backbones, arms = cell.tasks, cell.backbones, cell.arms
    chosen = ["--task", task.name, "--backbone", *backbones, "--arms", *arms, "--n", str(N)]
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records"
        much = ["--seeds", str(SEEDS), "--jobs", "1", "--records", str(records)]
        seconds = seconds_of([*BENCH, *chosen, *much])
        return seconds, sorted(store.load(records), key=lambda record: record.trial.seed)


def _theirs(script: Path, job: Job) -> Trained:
    with tempfile.TemporaryDirectory() as folder:
        return timm_script.train(script, job, Path(folder))
