"""A sweep's speed beside that of a loop of nothing but arithmetic, and how soon commands start."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional

from benchmark.errors import UserError
from benchmark.harness import executors, plan
from benchmark.harness import job as trial
from benchmark.harness.job import Job
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.recipe import Recipe
from benchmark.training import backbones, networks
from benchmark.training.fit import dataset_for
from benchmark.training.small_maps import quicken

_BARE_SECONDS = 10.0


BENCH = ("bench", "--format", "md")
"""Trainings and their table; figures and pages are no part of a sweep."""


@dataclass(frozen=True)
class Bare:
    """A loop of nothing but forward, backward and optimiser step, as quick as the suite's own."""

    backbone: str
    classes: int
    image_size: int
    recipe: Recipe
    """What decides how long a step takes; all else is at its default."""

    def sides(self) -> list[int]:
        """Those of the images in ten steps: small ones for as many as the recipe has."""
        small = round(self.image_size * self.recipe.trunk_scale)
        whole = round(10 * self.recipe.cooldown)
        return [self.image_size] * whole + [small] * (10 - whole)


def bare_of(job: Job) -> Bare | None:
    """The bare loop of the job's training; None where there is none."""
    recipe = job.recipe
    if not isinstance(recipe, Recipe):
        return None
    dataset = dataset_for(backbones.find(job.backbone), job.task, job.image_size)
    alike = Recipe(
        learning_rate=1e-3,
        views=0,
        optimiser=recipe.optimiser,
        batch_size=recipe.batch_size,
        cooldown=recipe.cooldown,
        trunk_scale=recipe.trunk_scale,
    )
    return Bare(job.backbone, len(dataset.class_names), job.image_size, alike)


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
    """Largest resident memory of a process that runs its trials."""

    @property
    def ratio(self) -> float:
        """Share of the wall time that the arithmetic alone would take."""
        return self.bare_seconds / self.wall_seconds


def bare_step_seconds(bare: Bare) -> float:
    """Seconds per optimiser step of the loop in this process, over about 10 seconds."""
    torch.set_num_threads(1)
    model = backbones.find(bare.backbone).create(bare.classes, pretrained=False).train()
    quicken(model)
    optimiser = networks.optimiser_for(model, bare.recipe)
    count, sides = bare.recipe.batch_size, bare.sides()
    labels = torch.randint(bare.classes, (count,))
    batches = {
        side: torch.randn(count, 3, side, side).contiguous(memory_format=torch.channels_last)
        for side in sides
    }

    def step(side: int) -> None:
        loss = functional.cross_entropy(model(batches[side]), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for side in sides:
        step(side)
    started, steps = time.perf_counter(), 0
    while time.perf_counter() - started < _BARE_SECONDS:
        for side in sides:
            step(side)
        steps += len(sides)
    return (time.perf_counter() - started) / steps


def efficiency(name: str, selection: Selection, workers: int) -> Efficiency:
    """Runs the selection as a command into an empty folder, between two runs of the bare loop.

    Two, because a shared machine is not equally fast all the time.
    """
    jobs = plan.prepare(selection).jobs
    bares = {job.trial: bare for job in jobs if (bare := bare_of(job))}
    before = _bare_seconds(bares.values(), workers)
    with tempfile.TemporaryDirectory() as folder:
        records = folder + "/records"
        given = [*_arguments(selection), "--jobs", str(workers), "--records", records]
        wall = seconds_of([*BENCH, *given])
        steps = {record.trial: record.training.steps for record in store.load(Path(records))}
    after = _bare_seconds(bares.values(), workers)
    (peak,) = executors.run_in_processes(peak_bytes, [j for j in jobs if j.trial in bares][-1:], 1)
    return Efficiency(
        name=name,
        trials=len(jobs),
        images=sum(steps[trial] * bare.recipe.batch_size for trial, bare in bares.items()),
        bare_seconds=sum(
            steps[trial] * (before[bare] + after[bare]) / 2 for trial, bare in bares.items()
        )
        / workers,
        wall_seconds=wall,
        peak_bytes=peak,
    )


def _arguments(selection: Selection) -> list[str]:
    """Those that make the command run just this selection."""
    given: dict[str, Sequence[object]] = {
        "task": [task.name for task in selection.tasks],
        "backbone": selection.backbones,
        "arms": selection.arms,
        "n": selection.images_per_class or (),
        "seeds": [selection.seeds],
    }
    pairs = ((f"--{name}", " ".join(map(str, some))) for name, some in given.items() if some)
    return [word for pair in pairs for word in pair]


def _bare_seconds(bares: Iterable[Bare], workers: int) -> dict[Bare, float]:
    """Seconds per step of each kind of loop that there is."""
    return {
        bare: statistics.mean(
            executors.run_in_processes(bare_step_seconds, [bare] * workers, workers)
        )
        for bare in dict.fromkeys(bares)
    }


def peak_bytes(job: Job) -> int:
    """Largest resident memory of this process after a few steps of the job and its evaluation."""
    trial.run(replace(job, recipe=job.recipe.shortened(20)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def seconds_of(command: Sequence[str]) -> float:
    """Time that ``python -m benchmark`` takes with these arguments.

    Raises `UserError` if it fails.
    """
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "benchmark", *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(
            f"benchmark {' '.join(command)} failed: {done.stderr[-500:]}",
            mend="run that command by itself and mend what it says",
        )
    return time.perf_counter() - started


def help_seconds() -> float:
    """Median time of ``--help``."""
    return statistics.median(seconds_of(["--help"]) for _ in range(9))


def first_step_seconds() -> float:
    """Upper bound of the time from a command to its sweep's first step.

    Two trials that start at once in two processes, less the longer training: evaluation, records
    and tables still included.
    """
    with tempfile.TemporaryDirectory() as folder:
        records = folder + "/records"
        arguments = ["--arms", "scratch", "--n", "1", "--seeds", "2", "--jobs", "2"]
        wall = seconds_of([*BENCH, *arguments, "--records", records])
        return wall - max(record.training.seconds for record in store.load(Path(records)))
