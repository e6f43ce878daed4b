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
    from benchmark.cli.progress import Progress
    from benchmark.harness.job import Job
    from benchmark.harness.plan import Selection


@click.command()
@selecting
@click.option("--dry-run", is_flag=True, help="Only print what would be run, and its cost.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv"]),
    default="text",
    show_default=True,
    help="csv: the pairs of accuracies, as the verdict command reads them.",
)
def bench(
    selection: Selection, margin: float, jobs: int, records: Path, dry_run: bool, form: str
) -> None:
    """Run what is not stored yet, then print the table and the verdict."""
    from benchmark.cli.progress import Progress
    from benchmark.harness import bench as benchmarking
    from benchmark.harness import plan

    planned = plan.prepare(selection)
    progress = Progress(apart=form == "csv")
    for note in planned.notes:
        click.echo(f"note: {note}", err=form == "csv")
    if dry_run:
        from benchmark.harness import estimate, sweep

        todo = sweep.missing(records, planned.jobs)
        click.echo(str(estimate.estimate(todo, jobs, _known(records))))
        return
    if form == "text":
        _prepare_figures(records)
    boards = benchmarking.bench(planned, records, margin, jobs, progress)
    if form == "csv":
        from benchmark.pages import csv_files

        click.echo(csv_files.pairs(boards), nl=False)
        progress.close()
        return
    _report(boards, records, progress)


@click.command()
@selecting
@click.option("--dry-run", is_flag=True, help="Only print the cost of what would be run.")
def audit(selection: Selection, margin: float, jobs: int, records: Path, dry_run: bool) -> None:
    """Run the cells that decide a verdict again with other recipes, for its certificate."""
    from benchmark.cli.progress import Progress
    from benchmark.harness import audit as auditing

    def tell(missing: Sequence[Job]) -> None:
        _say_cost("audit", missing, jobs, records)

    if dry_run:
        if first := auditing.first(selection, records):
            _say_cost("before the audit", first, jobs, records)
            click.echo("which cells decide, and so the cost of the audit, is known after these")
        else:
            tell(auditing.missing(auditing.rounds(selection, records, margin)))
        return
    progress = Progress()
    _prepare_figures(records)
    boards = auditing.audit(selection, records, margin, jobs, progress, tell)
    _report(boards, records, progress)


def _say_cost(what: str, missing: Sequence[Job], workers: int, records: Path) -> None:
    from benchmark.harness import estimate

    click.echo(f"{what}: {estimate.estimate(missing, workers, _known(records))}")


def _known(records: Path) -> tuple[Path, ...]:
    """Folders of records that tell how early trainings end."""
    return tuple(dict.fromkeys((records, RECORDED)))


def _prepare_figures(records: Path) -> None:
    from benchmark import files
    from benchmark.pages import results

    mend = "choose another folder with RECORDS=...: figures lie beside the records"
    files.prepare(records.parent / results.FIGURES, mend=mend)


def _report(boards: Sequence[Board], records: Path, progress: Progress) -> None:
    from benchmark.pages import results, side_by_side, tables

    for board in boards:
        click.echo(f"\n{tables.board_text(board)}")
    if compared := side_by_side.text(boards):
        click.echo(f"\n{compared}")
    click.echo()
    for figure in results.draw(boards, records.parent, progress.problem):
        click.echo(f"figure:  {shown(figure)}")
    click.echo(f"records: {shown(records)}")
    progress.close()
