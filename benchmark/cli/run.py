"""Commands that train: ``bench`` and ``audit``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import selecting, shown
from benchmark.defaults import RECORDED

if TYPE_CHECKING:
    from benchmark.analysis.board import Board
    from benchmark.harness.plan import Selection


@click.command()
@selecting
@click.option("--dry-run", is_flag=True, help="Only print what would be run, and its cost.")
def bench(selection: Selection, margin: float, jobs: int, records: Path, dry_run: bool) -> None:
    """Run what is not stored yet, then print the table and the verdict."""
    from benchmark.cli.progress import Progress
    from benchmark.harness import bench as benchmarking
    from benchmark.harness import plan

    planned = plan.prepare(selection)
    for note in planned.notes:
        click.echo(f"note: {note}")
    if dry_run:
        from benchmark.harness import estimate, sweep

        todo = sweep.missing(records, planned.jobs)
        click.echo(str(estimate.estimate(todo, jobs, dict.fromkeys((records, RECORDED)))))
        return
    _report(benchmarking.bench(planned, records, margin, jobs, Progress()), records)


@click.command()
@selecting
def audit(selection: Selection, margin: float, jobs: int, records: Path) -> None:
    """Run the cells that decide a verdict again with other recipes, for its certificate."""
    from benchmark.cli.progress import Progress
    from benchmark.harness import audit as auditing

    _report(auditing.audit(selection, records, margin, jobs, Progress()), records)


def _report(boards: Sequence[Board], records: Path) -> None:
    from benchmark import files
    from benchmark.pages import figures, results, tables

    for board in boards:
        figure = records.parent / results.figure_name(board)
        files.write(figure, figures.accuracy_figure(board))
        click.echo(f"\n{tables.board_text(board)}\n\nfigure:  {shown(figure)}")
    click.echo(f"records: {shown(records)}")
