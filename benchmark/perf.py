"""Measures the suite against the arithmetic's own limit and writes ``results/performance.md``."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional

from benchmark import (
    backbones,
    data,
    executors,
    leaderboard,
    store,
    sweep,
    tables,
    tasks,
)
from benchmark.errors import UserError
from benchmark.recipes import Recipe
from benchmark.records import Record
from benchmark.sweep import Selection
from benchmark.trial import Job

_BARE_SECONDS = 15.0
_SCALES = (100, 1_000, 10_000)
_BOUNDS = {"efficiency": 0.90, "help": 0.3, "first step": 8.0, "10000 trials": 10.0}


@dataclass(frozen=True)
class Bare:
    """A loop of nothing but forward, backward and optimiser step."""

    backbone: str
    classes: int
    image_size: int
    batch_size: int


@dataclass(frozen=True)
class Efficiency:
    """A sweep against the bare loop over as many batches of the same shape."""

    name: str
    trials: int
    images: int
    bare_seconds: float
    """The bare loop's time for all steps, all cores busy."""
    wall_seconds: float
    """The sweep's time, from the command to the printed table."""
    peak_bytes: int
    """Largest resident memory of any of its processes."""

    @property
    def ratio(self) -> float:
        """Share of the wall time that the arithmetic alone would take."""
        return self.bare_seconds / self.wall_seconds


def bare_step_seconds(bare: Bare) -> float:
    """Seconds per optimiser step of the loop in this process, over about 15 seconds."""
    torch.set_num_threads(1)
    model = backbones.create(bare.backbone, bare.classes, pretrained=False).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    shape = (bare.batch_size, 3, bare.image_size, bare.image_size)
    batch = torch.randn(shape).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(bare.classes, (bare.batch_size,))

    def step() -> None:
        loss = functional.cross_entropy(model(batch), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for _ in range(5):
        step()
    started, steps = time.perf_counter(), 0
    while time.perf_counter() - started < _BARE_SECONDS:
        step()
        steps += 1
    return (time.perf_counter() - started) / steps


def efficiency(
    name: str, selection: Selection, workers: int, arguments: Sequence[str]
) -> Efficiency:
    """Runs the selection as a command into an empty folder, then the bare loop on all cores."""
    jobs = sweep.prepare(selection).jobs
    with tempfile.TemporaryDirectory() as folder:
        command = ["bench", *arguments, "--jobs", str(workers), "--records", folder + "/records"]
        wall = _seconds_of(command)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    trained = [job for job in jobs if isinstance(job.recipe, Recipe)]
    steps = {job: job.recipe.steps for job in trained if isinstance(job.recipe, Recipe)}
    seconds = _bare_seconds(trained[0], workers)
    images = sum(count * _batch_size(job) for job, count in steps.items())
    return Efficiency(name, len(jobs), images, sum(steps.values()) * seconds / workers, wall, peak)


def _batch_size(job: Job) -> int:
    assert isinstance(job.recipe, Recipe)
    return job.recipe.batch_size


def _bare_seconds(job: Job, workers: int) -> float:
    interpolation = backbones.preprocessing(job.trial.backbone).interpolation
    classes = len(data.load(job.task, job.image_size, interpolation).class_names)
    bare = Bare(job.trial.backbone, classes, job.image_size, _batch_size(job))
    runs = executors.run_in_processes(bare_step_seconds, [bare] * workers, workers)
    return statistics.mean(runs)


def _seconds_of(command: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "benchmark", *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"benchmark {' '.join(command)} failed: {done.stderr[-500:]}")
    return time.perf_counter() - started


def help_seconds() -> float:
    """Median time of ``--help``."""
    return statistics.median(_seconds_of(["--help"]) for _ in range(9))


def first_step_seconds() -> float:
    """Time from the command to the end of a sweep of one training step."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["bench", "--arms", "scratch", "--n", "1", "--seeds", "1", "--dry-run"]
        return _seconds_of([*arguments, "--records", folder])


@dataclass(frozen=True)
class Scale:
    """What many trials cost apart from training them."""

    trials: int
    plan_seconds: float
    """Planning, and finding out which of them are stored."""
    tables_seconds: float
    """Reading every record, verdicts and tables."""
    peak_bytes: int


def scale(record: Record, job: Job, trials: int) -> Scale:
    """Stores ``trials`` copies of ``record`` under different names, then plans and reads them."""
    arms = ("scratch", "finetune", "probe")
    per_task = len(arms) * 10 * 10
    jobs = [
        _numbered(job, i // per_task, arms[i % 3], 1 + i // 3 % 10, i // 30 % 10)
        for i in range(trials)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for one in jobs:
            store.save(Path(folder), replace(record, trial=one.trial, fingerprint=one.fingerprint))
        started = time.perf_counter()
        left = sweep.missing(Path(folder), jobs)
        planned = time.perf_counter()
        scores = map(leaderboard.score_of, store.load(Path(folder)))
        tables.csv_text(tables.leaderboard_rows(leaderboard.boards(scores)))
        ended = time.perf_counter()
    assert not left
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Scale(trials, planned - started, ended - planned, peak)


def _numbered(job: Job, task: int, arm: str, n: int, seed: int) -> Job:
    trial = replace(job.trial, task=f"task{task}", arm=arm, images_per_class=n, seed=seed)
    return replace(job, trial=trial)
