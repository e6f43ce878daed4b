"""Measures the suite against the arithmetic's own limit and writes ``results/performance.md``."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import torch

from benchmark import files
from benchmark.checks.performance.beside_timm import Beside, beside
from benchmark.checks.performance.efficiency import (
    Efficiency,
    efficiency,
    first_step_seconds,
    help_seconds,
)
from benchmark.checks.performance.scaling import Scale, scale
from benchmark.harness import plan, sweep
from benchmark.harness.job import Job
from benchmark.harness.plan import Selection
from benchmark.pages import printer, templates
from benchmark.pages.words import percent
from benchmark.records import hardware
from benchmark.records.record import Record
from benchmark.tasks import load as tasks
from benchmark.tasks.sources import find as sources

MIN_EFFICIENCY = 0.90
MAX_HELP_SECONDS = 0.3
MAX_FIRST_STEP_SECONDS = 8.0
MAX_SCALE_SECONDS = {100: 10.0, 1_000: 10.0, 10_000: 10.0, 100_000: 60.0}
"""Number of trials -> what they may cost apart from training them."""
MAX_SCALE_BYTES = 2e9


@dataclass(frozen=True)
class Report:
    """All measurements of one run."""

    efficiencies: tuple[Efficiency, ...]
    help_seconds: float
    first_step_seconds: float
    scales: tuple[Scale, ...]
    beside_timm: tuple[Beside, ...] = ()
    """Empty where nobody brought timm's script."""

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
        slow = [s for s in self.scales if s.seconds > MAX_SCALE_SECONDS[s.trials]]
        found += [f"{s.trials} trials cost {s.seconds:.1f} s" for s in slow]
        large = [s for s in self.scales if s.peak_bytes > MAX_SCALE_BYTES]
        return found + [f"{s.trials} trials take {s.peak_bytes / 1e9:.1f} GB" for s in large]


def run(workers: int, backbone: str, out: Path, timm_script: Path | None = None) -> Report:
    """Measures everything on an otherwise idle machine and writes the page to ``out``.

    Raises `UserError`, before anything is measured, where the page cannot be written, and as
    `timm_script.train` where that script is given.
    """
    files.prepare(out.parent, mend="choose another file with OUT=...")
    digits = Selection((tasks.load_task("digits"),), (backbone,), ("scratch", "finetune", "probe"))
    with tempfile.TemporaryDirectory() as folder:
        record, job = _example(digits, Path(folder))
    report = Report(
        beside_timm=() if timm_script is None else beside(timm_script, digits),
        efficiencies=tuple(_efficiencies(digits, workers)),
        help_seconds=help_seconds(),
        first_step_seconds=first_step_seconds(),
        scales=tuple(scale(record, job, trials) for trials in MAX_SCALE_SECONDS),
    )
    files.write(out, page(report, workers))
    return report


def _example(selection: Selection, folder: Path) -> tuple[Record, Job]:
    one = replace(selection, arms=("scratch",), images_per_class=(1,), seeds=1)
    (job,) = plan.prepare(one).jobs
    (record,) = sweep.run(folder, [job], 1)
    return record, job


_SEEDS = 2
"""Of a sweep: enough for every process to be busy."""


def _efficiencies(digits: Selection, workers: int) -> Iterator[Efficiency]:
    yield efficiency("digits, 32 px, every N", replace(digits, seeds=_SEEDS), workers)
    clothing = tasks.load_task("clothing")
    if sources.find(clothing).remote:
        return
    chosen = Selection((clothing,), ("mobilenetv2_035",), ("scratch",), (5, 20, 100), _SEEDS)
    yield efficiency("clothing, mobilenetv2_035, 64 px", chosen, workers)


def page(report: Report, workers: int) -> str:
    """The measurements as Markdown."""
    return templates.render(
        "checks/performance/performance.md.j2",
        workers=workers,
        processor=hardware.processor(),
        torch=torch.__version__,
        sweeps=printer.markdown(_SWEEPS, [_sweep_row(one) for one in report.efficiencies]),
        scales=printer.markdown(_SCALES, [_scale_row(one) for one in report.scales]),
        timm=version("timm"),
        beside_timm=printer.markdown(_BESIDE, [_beside_row(one) for one in report.beside_timm]),
        report=report,
    )


_SWEEPS = (
    "sweep",
    "trials",
    "bare loop, s",
    "sweep, s",
    "efficiency",
    "trials/min",
    "images/s",
    "peak MB of a process",
)
_SCALES = ("trials", "plan and scan, s", "tables, s", "peak MB")
_BESIDE = (
    "arm",
    "N",
    "seeds",
    "steps",
    "accuracy, %",
    "timm's script, %",
    "difference [95%]",
    "s a training",
    "timm's script, s",
)


def _sweep_row(one: Efficiency) -> list[str]:
    return [
        one.name,
        str(one.trials),
        f"{one.bare_seconds:.0f}",
        f"{one.wall_seconds:.0f}",
        f"{one.ratio:.2f}",
        f"{60 * one.trials / one.wall_seconds:.0f}",
        f"{one.images / one.wall_seconds:.0f}",
        f"{one.peak_bytes / 1e6:.0f}",
    ]


def _scale_row(one: Scale) -> list[str]:
    return [
        str(one.trials),
        f"{one.plan_seconds:.2f}",
        f"{one.tables_seconds:.2f}",
        f"{one.peak_bytes / 1e6:.0f}",
    ]


def _beside_row(one: Beside) -> list[str]:
    gap = one.difference
    return [
        one.arm,
        str(one.images_per_class),
        str(len(one.ours)),
        str(one.steps),
        _percent(one.ours),
        _percent([trained.accuracy for trained in one.theirs]),
        percent(gap.mean, gap.low, gap.high, sign=True),
        f"{one.our_seconds:.0f}",
        f"{one.their_seconds:.0f}",
    ]


def _percent(accuracies: Sequence[float]) -> str:
    return f"{100 * statistics.mean(accuracies):.1f}"
