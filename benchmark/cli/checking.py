"""Commands that check: tasks, contributions, the verdicts themselves, the speed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from benchmark.cli.options import FILE, FOLDER, JOBS, Words, command, shown
from benchmark.defaults import BUNDLED, LISTS, RECORDED, RESULTS


@command("calibrate --sweeps 200")
@click.option("--sweeps", type=click.IntRange(1), default=2000, show_default=True)
@JOBS
@click.option(
    "--out", type=FILE, default=RESULTS / "calibration.md", help="Markdown file with the table."
)
def calibrate(sweeps: int, jobs: int | None, out: Path) -> None:
    """Simulate sweeps with a known crossover and check the intervals and verdicts."""
    from benchmark.checks.calibration import calibrate as calibration
    from benchmark.harness import executors

    result = calibration.run(sweeps, jobs or executors.default_workers(), out)
    click.echo(shown(out))
    _end(result.failures)


@command("validate --task birds")
@click.option("--task", type=Words(), help="Task names.  [default: all]")
@click.option("--download", is_flag=True, help="Check data on other machines too.")
@click.option(
    "--lists", type=FOLDER, default=LISTS, help="Folder of lists: images that repeat, unused files."
)
def validate(task: tuple[str, ...] | None, download: bool, lists: Path) -> None:
    """Check task YAMLs and their data."""
    from benchmark.checks import validate as validation

    report = validation.validate(task, download=download, lists=lists)
    click.echo(str(report))
    if report.failed:
        sys.exit(1)


@command("check-contribution --retrain 3 --draw word")
@click.option("--records", type=FOLDER, default=RECORDED, help="Folder of the records.")
@click.option("--retrain", type=click.IntRange(0), default=0, help="Records to train again.")
@click.option("--draw", default="", help="A word of yours that goes into the draw of these.")
@click.option("--backbone", type=Words(), help="Where networks are: local-dir:, hf-hub: names.")
@JOBS
def check_contribution(
    records: Path, retrain: int, draw: str, backbone: tuple[str, ...] | None, jobs: int | None
) -> None:
    """Check that every record and audit is consistent, and train some of them again."""
    from benchmark.checks.contribution import check as contribution
    from benchmark.checks.contribution.retrain import Draw
    from benchmark.cli.progress import Progress
    from benchmark.harness import executors

    workers = jobs or executors.default_workers()
    asked = Draw(retrain, draw, workers) if retrain else None
    report = contribution.check(records, backbones=backbone or (), draw=asked, watch=Progress())
    click.echo(str(report))
    if report.failed:
        sys.exit(1)


@command("perf --jobs 1")
@click.option("--backbone", default=BUNDLED, show_default=True, help="For digits.")
@JOBS
@click.option("--out", type=FILE, default=RESULTS / "performance.md", help="Markdown file.")
@click.option("--timm-script", type=FILE, help="train.py of timm's repository: compare with it.")
def perf(backbone: str, jobs: int | None, out: Path, timm_script: Path | None) -> None:
    """Measure the suite against the arithmetic's own limit."""
    from benchmark.checks.performance import perf as performance
    from benchmark.harness import executors

    report = performance.run(jobs or executors.default_workers(), backbone, out, timm_script)
    click.echo(out.read_text(encoding="utf-8"))
    _end(report.failures)


def _end(failures: Sequence[str]) -> None:
    """Says which bounds are broken, and fails if any is."""
    for failure in failures:
        click.echo(f"outside the bounds: {failure}", err=True)
    if failures:
        sys.exit(1)
