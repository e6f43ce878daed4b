"""Measures the suite against the arithmetic's own limit and writes ``results/performance.md``."""

from __future__ import annotations

import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional

from benchmark import (
    backbones,
    executors,
    leaderboard,
    networks,
    sources,
    store,
    sweep,
    tables,
    tasks,
)
from benchmark.errors import UserError
from benchmark.recipes import Recipe
from benchmark.records import Record
from benchmark.scores import score_of
from benchmark.sweep import Selection
from benchmark.trial import Job

SCALES = (100, 1_000, 10_000)
MIN_EFFICIENCY = 0.90
MAX_HELP_SECONDS = 0.3
MAX_FIRST_STEP_SECONDS = 8.0
MAX_SCALE_SECONDS = 10.0
_BARE_SECONDS = 15.0


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
        records = list(store.load(Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    trained = [job for job in jobs if isinstance(job.recipe, Recipe)]
    steps = sum(record.training.steps for record in records)
    seconds = _bare_seconds(trained[0], workers)
    images = steps * _batch_size(trained[0])
    return Efficiency(name, len(jobs), images, steps * seconds / workers, wall, peak)


def _batch_size(job: Job) -> int:
    assert isinstance(job.recipe, Recipe)
    return job.recipe.batch_size


def _bare_seconds(job: Job, workers: int) -> float:
    dataset = networks.dataset_for(job.trial.backbone, job.task, job.image_size)
    classes = len(dataset.class_names)
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


def first_step_seconds(trial_seconds: float) -> float:
    """Time from the command to a sweep's first step: a sweep of one trial, less its training."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["bench", "--arms", "scratch", "--n", "1", "--seeds", "1"]
        return _seconds_of([*arguments, "--records", folder + "/records"]) - trial_seconds


@dataclass(frozen=True)
class Scale:
    """What many trials cost apart from training them."""

    trials: int
    plan_seconds: float
    """Planning, and finding out which of them are stored."""
    tables_seconds: float
    """Reading every record, verdicts and tables."""
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.plan_seconds + self.tables_seconds


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
            stored = replace(record, trial=one.stored_trial, fingerprint=one.fingerprint)
            store.save(Path(folder), stored)
        started = time.perf_counter()
        left = sweep.missing(Path(folder), jobs)
        planned = time.perf_counter()
        scores = map(score_of, store.load(Path(folder)))
        tables.csv_text(tables.leaderboard_rows(leaderboard.boards(scores)))
        ended = time.perf_counter()
    assert not left
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Scale(trials, planned - started, ended - planned, peak)


def _numbered(job: Job, task: int, arm: str, n: int, seed: int) -> Job:
    trial = replace(job.trial, task=f"task{task}", arm=arm, images_per_class=n, seed=seed)
    return replace(job, trial=trial)


@dataclass(frozen=True)
class Report:
    """All measurements of one run."""

    efficiencies: tuple[Efficiency, ...]
    help_seconds: float
    first_step_seconds: float
    scales: tuple[Scale, ...]

    @property
    def failures(self) -> list[str]:
        """What is outside its bound."""
        found = [
            f"harness efficiency {e.name}: {e.ratio:.2f}, below {MIN_EFFICIENCY}"
            for e in self.efficiencies
            if e.ratio < MIN_EFFICIENCY
        ]
        if self.help_seconds > MAX_HELP_SECONDS:
            found.append(f"--help takes {self.help_seconds:.2f} s")
        if self.first_step_seconds > MAX_FIRST_STEP_SECONDS:
            found.append(f"the first step comes after {self.first_step_seconds:.1f} s")
        slow = [scale for scale in self.scales if scale.seconds > MAX_SCALE_SECONDS]
        return found + [f"{s.trials} trials cost {s.seconds:.1f} s" for s in slow]


def run(workers: int, backbone: str, out: Path) -> Report:
    """Measures everything on an otherwise idle machine and writes the page to ``out``."""
    digits = Selection((tasks.load_task("digits"),), (backbone,), ("scratch", "finetune", "probe"))
    with tempfile.TemporaryDirectory() as folder:
        record, job = _example(digits, Path(folder))
        scales = tuple(scale(record, job, trials) for trials in SCALES)
    report = Report(
        efficiencies=tuple(_efficiencies(digits, workers)),
        help_seconds=help_seconds(),
        first_step_seconds=first_step_seconds(record.training.seconds),
        scales=scales,
    )
    out.write_text(page(report, workers), encoding="utf-8")
    return report


def _example(selection: Selection, folder: Path) -> tuple[Record, Job]:
    one = replace(selection, arms=("scratch",), images_per_class=(1,), seeds=1)
    (job,) = sweep.prepare(one).jobs
    (record,) = sweep.run(folder, [job], 1, progress=False)
    return record, job


def _efficiencies(digits: Selection, workers: int) -> Iterator[Efficiency]:
    yield efficiency("default suite", digits, workers, [])
    clothing = tasks.load_task("clothing")
    if sources.find(clothing).remote:
        return
    chosen = Selection((clothing,), ("mobilenetv2_035",), ("scratch",), (5, 20, 100), 2)
    words = "--task clothing --backbone mobilenetv2_035 --arms scratch --n 5,20,100 --seeds 2"
    yield efficiency("clothing, mobilenetv2_035, 64 px", chosen, workers, words.split())


def page(report: Report, workers: int) -> str:
    """The measurements as Markdown."""
    sweeps = [
        [
            e.name,
            str(e.trials),
            f"{e.bare_seconds:.0f}",
            f"{e.wall_seconds:.0f}",
            f"{e.ratio:.2f}",
            f"{60 * e.trials / e.wall_seconds:.0f}",
            f"{e.images / e.wall_seconds:.0f}",
            f"{e.peak_bytes / 1e6:.0f}",
        ]
        for e in report.efficiencies
    ]
    scales = [
        [
            str(s.trials),
            f"{s.plan_seconds:.2f}",
            f"{s.tables_seconds:.2f}",
            f"{s.peak_bytes / 1e6:.0f}",
        ]
        for s in report.scales
    ]
    columns = ["sweep", "trials", "bare loop, s", "sweep, s", "efficiency", "trials/min"]
    parts = [
        "# Performance",
        "`make perf` measured this in one run, "
        f"with {workers} processes on {platform.machine()}, torch {torch.__version__}.",
        "**Efficiency** is the time of a bare forward, backward and optimiser loop over as many "
        "batches of the same shape, all cores busy, divided by the time of the whole sweep: start, "
        "data, augmentation, evaluation, probes, records and tables included.",
        tables.aligned([*columns, "images/s", "peak MB of a process"], sweeps),
        "Cost of many trials apart from training them: planning with the scan for stored records, "
        "and reading all records into tables.",
        tables.aligned(["trials", "plan and scan, s", "tables, s", "peak MB"], scales),
        f"`python -m benchmark --help` takes {report.help_seconds:.2f} s (median of 9). A sweep's "
        f"first training step comes {report.first_step_seconds:.1f} s after the command.",
    ]
    return "\n\n".join(parts) + "\n"
