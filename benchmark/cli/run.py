"""Commands that train: ``bench`` and ``audit``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmark.cli.options import selecting, shown
from benchmark.defaults import RECORDED

if TYPE_CHECKING:
    from benchmark.analysis.board import Board
    from benchmark.harness.plan import Selection
    from benchmark.harness.sweep import Watch
    from benchmark.records.record import Record


@click.command()
@selecting
@click.option("--dry-run", is_flag=True, help="Only print what would be run, and its cost.")
def bench(selection: Selection, margin: float, jobs: int, records: Path, dry_run: bool) -> None:
    """Run what is not stored yet, then print the table and the verdict."""
    from benchmark.harness import bench as benchmarking
    from benchmark.harness import plan

    planned = plan.prepare(selection)
    for note in planned.notes:
        click.echo(f"note: {note}")
    if dry_run:
        from benchmark.harness import estimate, sweep

        click.echo(str(estimate.estimate(sweep.missing(records, planned.jobs), jobs, RECORDED)))
        return
    _report(benchmarking.bench(planned, records, margin, jobs, _progress()), records)


@click.command()
@selecting
def audit(selection: Selection, margin: float, jobs: int, records: Path) -> None:
    """Run the cells that decide a verdict again with other recipes, for its certificate."""
    from benchmark.harness import audit as auditing

    _report(auditing.audit(selection, records, margin, jobs, _progress()), records)


def _progress() -> Watch:
    """Tells of a sweep: a line for each trial, and a bar on a terminal."""
    from tqdm import tqdm

    from benchmark.harness.sweep import Watch

    class Progress(Watch):
        bar: Any

        def starts(self, what: str, planned: int, missing: int) -> None:
            if what:
                click.echo(f"{what}:")
            done = planned - missing
            click.echo(f"{planned} trials planned, {done} stored already")
            self.bar = tqdm(total=planned, initial=done, unit="trial", disable=None)

        def finished(self, record: Record) -> None:
            tqdm.write(_line(record), file=sys.stderr)
            self.bar.update()

        def ended(self, trials: int, seconds: float) -> None:
            self.bar.close()
            click.echo(f"{trials} trials run in {seconds:.0f} s")

    return Progress()


def _line(record: Record) -> str:
    t = record.trial
    outcome = f"{record.accuracy:.3f}" if record.status == "ok" else f"FAILED: {record.reason}"
    name = f"{t.task} {t.backbone} {t.arm} N={t.images_per_class} seed {t.seed}"
    return f"{name}: {outcome} ({record.training.seconds:.1f} s)"


def _report(boards: Sequence[Board], records: Path) -> None:
    from benchmark import files
    from benchmark.pages import figures, results, tables

    for board in boards:
        figure = records.parent / results.figure_name(board)
        files.write(figure, figures.accuracy_figure(board))
        click.echo(f"\n{tables.board_text(board)}\n\nfigure:  {shown(figure)}")
    click.echo(f"records: {shown(records)}")
