"""Commands that show what stored results say: ``leaderboard``, ``site`` and ``verdict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import FILE, FOLDER, MARGIN_OPTION, command, shown
from benchmark.defaults import COMMAND, EXPLAINED, RECORDED, RESULTS, SITE, option
from benchmark.errors import UserError
from benchmark.pages.forms import FORMS, Form, as_text, from_csv

if TYPE_CHECKING:
    from benchmark.analysis.board import Board
    from benchmark.cli.progress import Progress

RECORDS = click.option("--records", type=FOLDER, default=RECORDED, help="Folder of the records.")


@command("leaderboard --records results/local/records --out results/local")
@RECORDS
@click.option(
    "--out", type=FOLDER, default=RESULTS, help="Folder for README.md, CSV files and figures."
)
@MARGIN_OPTION
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="Print the table of all arms in this form, and write nothing.",
)
@click.option(
    "--snapshot", is_flag=True, help="Keep a dated copy of leaderboard.csv, to compare later ones."
)
def leaderboard(records: Path, out: Path, margin: float, form: Form | None, snapshot: bool) -> None:
    """Build the tables and figures from stored records alone."""
    from datetime import UTC, datetime

    from benchmark import files
    from benchmark.cli.progress import Progress
    from benchmark.pages import figure_names, results
    from benchmark.pages.explained import page as explained_page
    from benchmark.pages.recipes import Choices
    from benchmark.records.evidence import all_evidence
    from benchmark.records.explained import findings
    from benchmark.records.saturation import all_saturation
    from benchmark.records.tuned import tuned_backbones
    from benchmark.tasks.load import sound_tasks

    _check(records)
    if snapshot and form is not None:
        raise UserError(
            "no snapshot is kept where a table is printed and nothing written",
            where=f"--format {form} --snapshot",
            mend="leave one of them out",
        )
    if form is not None:
        _print(records, margin, form)
        return
    for folder in (out, out / figure_names.FOLDER):
        files.prepare(folder, mend=f"choose another folder with {option('out')}=...")
    progress = Progress()
    boards = _boards(records, margin, progress)
    known = {task.name: task for task in sound_tasks(progress.problem)}
    choices = Choices(all_evidence(), tuned_backbones(), all_saturation(), margin)
    explained = findings.load(records.parent / EXPLAINED.name / findings.FOLDER, progress.left_out)
    today = datetime.now(UTC).date() if snapshot else None
    paths = results.write(boards, known, choices, out, progress.problem, explained, today)
    for path in [*paths, *explained_page.write(explained, out / EXPLAINED.name)]:
        click.echo(shown(path))
    progress.close()


def _print(records: Path, margin: float, form: Form) -> None:
    from benchmark.cli.progress import Progress
    from benchmark.pages import csv_files

    progress = Progress(apart=True)
    boards = _boards(records, margin, progress)
    text = csv_files.leaderboard(boards)
    click.echo(text if form == "csv" else as_text(from_csv(text), form), nl=False)
    progress.close()


@command("site --records results/local/records")
@RECORDS
@click.option("--out", type=FILE, default=SITE, help="File of the page.")
@MARGIN_OPTION
def site(records: Path, out: Path, margin: float) -> None:
    """Make the leaderboard as one HTML file that needs no network, from stored records alone."""
    from benchmark import files
    from benchmark.cli.progress import Progress
    from benchmark.pages.site.page import page
    from benchmark.pages.site.samples import of_boards
    from benchmark.tasks.load import sound_tasks

    _check(records)
    files.prepare(out.parent, mend=f"choose another file with {option('out')}=...")
    progress = Progress()
    boards = _boards(records, margin, progress)
    known = {task.name: task for task in sound_tasks(progress.problem)}
    files.write(out, page(boards, known, of_boards(boards, known)))
    click.echo(shown(out))
    progress.close()


def _check(records: Path) -> None:
    if not records.is_dir():
        raise UserError(
            "there is no such folder of records",
            where=records,
            mend=f"run {COMMAND} bench, or name the folder that it says: {option('records')}=...",
        )


def _boards(records: Path, margin: float, progress: Progress) -> list[Board]:
    """Ends the command where records are there, but none that counts."""
    from benchmark.harness.judged import judged
    from benchmark.records import store

    boards = judged(store.load(records, progress.left_out), records, margin, progress)
    if not boards:
        progress.close()
    return boards


@command("verdict results.csv --margin 0.02")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each verdict.")
@MARGIN_OPTION
def verdict(file: Path, as_json: bool, margin: float) -> None:
    """Judge your own results: FILE is a CSV with images_per_class, seed, scratch, pretrained."""
    import json

    from benchmark.checks import verdict_file

    for number, judged in enumerate(verdict_file.judge(file, margin)):
        if as_json:
            click.echo(json.dumps(verdict_file.to_json(judged)))
        else:
            click.echo(("\n" if number else "") + verdict_file.to_text(judged))
