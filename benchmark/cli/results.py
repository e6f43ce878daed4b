"""Commands that show what stored results say: ``leaderboard`` and ``verdict``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.options import FILE, FOLDER, MARGIN_OPTION, shown
from benchmark.defaults import COMMAND, RECORDED, RESULTS
from benchmark.errors import UserError


@click.command()
@click.option("--records", type=FOLDER, default=RECORDED, help="Folder of the records.")
@click.option(
    "--out", type=FOLDER, default=RESULTS, help="Folder for README.md, CSV files and figures."
)
@MARGIN_OPTION
def leaderboard(records: Path, out: Path, margin: float) -> None:
    """Build the tables and figures from stored records alone."""
    from benchmark.harness.judged import judged
    from benchmark.pages import results
    from benchmark.pages.recipes import Choices
    from benchmark.records import store
    from benchmark.records.evidence import all_evidence
    from benchmark.records.saturation import all_saturation
    from benchmark.records.tuned import tuned_backbones
    from benchmark.tasks.load import load_tasks

    if not records.is_dir():
        raise UserError(
            "there is no such folder of records", where=records, mend=f"run {COMMAND} bench"
        )
    boards = judged(store.load(records), records, margin)
    known = {task.name: task for task in load_tasks()}
    choices = Choices(all_evidence(), tuned_backbones(), all_saturation(), margin)
    for path in results.write(boards, known, choices, out):
        click.echo(shown(path))


@click.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@MARGIN_OPTION
def verdict(file: Path, as_json: bool, margin: float) -> None:
    """Judge your own results: FILE is a CSV with images_per_class, seed, scratch, pretrained."""
    import json

    from benchmark.checks import verdict_file

    judged = verdict_file.judge(file, margin)
    shown = json.dumps(verdict_file.to_json(judged)) if as_json else verdict_file.to_text(judged)
    click.echo(shown)
