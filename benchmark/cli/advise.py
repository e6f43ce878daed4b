"""The command that turns somebody's images into advice."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import FOLDER, JOBS, MARGIN_OPTION, command, describing, shown
from benchmark.defaults import LOCAL, MINUTES

if TYPE_CHECKING:
    from benchmark.advice.fitting import Fitted
    from benchmark.advice.new_task import NewTask
    from benchmark.tasks.proposal.columns import Options


@command("advise ~/photos/birds --minutes 30")
@click.argument("images")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=MINUTES,
    show_default=True,
    help="In all, from the first look at the images to the advice.",
)
@click.option("--name", help="Name of the task.  [default: as the images are called]")
@click.option(
    "--backbone",
    help="timm name, hf-hub:ORG/NAME, local-dir:FOLDER or "
    "checkpoint:ARCHITECTURE:FILE.  [default: the "
    "strongest at hand that fits the minutes]",
)
@describing
@click.option("--json", "as_json", is_flag=True, help="Print the advice as JSON, and that alone.")
@click.option("--save-model", type=FOLDER, help="Train the advised arm on all images, for timm.")
@MARGIN_OPTION
@JOBS
@click.option("--records", type=FOLDER, default=LOCAL, help="Folder of the records.")
def advise(
    images: str,
    minutes: float,
    name: str | None,
    backbone: str | None,
    options: Options,
    force: bool,
    as_json: bool,
    save_model: Path | None,
    margin: float,
    jobs: int | None,
    records: Path,
) -> None:
    """Look at IMAGES, run what decides the most in the minutes given, and say what to do.

    IMAGES is a folder, a table, or ORG/NAME on the hub, as for the command task.
    """
    started = time.time()
    from benchmark.advice import advise as advising
    from benchmark.advice import report, saved_model, words
    from benchmark.advice import tables as beside
    from benchmark.advice.backbone_choice import choose
    from benchmark.cli.progress import Progress
    from benchmark.harness import executors
    from benchmark.pages import tables
    from benchmark.tasks.load import load_task

    say = partial(click.echo, err=as_json)
    if save_model is not None:
        saved_model.check(save_model, backbone)
    workers = jobs or executors.default_workers()
    made = _task(images, name, options, force, say)
    task, progress = load_task(made.name), Progress(apart=as_json)
    chosen = backbone or choose(task, minutes, workers)
    say(f"\nbackbone: {chosen}")
    advised = advising.advise(
        task,
        chosen,
        minutes,
        started=started,
        dealt=made.proposal.dealt,
        records=records,
        margin=margin,
        workers=workers,
        watch=progress,
        tell=lambda plan: say(_planned(plan, minutes)),
    )
    say(f"\n{tables.board_text(advised.board)}\n\n{beside.in_tables(advised.advice)}")
    out = advising.written(advised, records, progress.problem)
    if save_model is not None:
        saved_model.save(advised, save_model)
        say(f"\nmodel: {shown(save_model)}")
    click.echo(report.to_json(advised.advice) if as_json else f"\n{words.text(advised.advice)}")
    say(f"\nadvice, table, figures and page: {shown(out)}")
    progress.close()


def _task(
    images: str, name: str | None, options: Options, force: bool, say: partial[None]
) -> NewTask:
    """Says what was found; ends the command where the task does not pass its checks."""
    from benchmark.advice.new_task import new_or_same
    from benchmark.cli import new_task_text as text

    made = new_or_same(
        images, name, options, force=force, tell=lambda proposal: say(text.told(proposal))
    )
    for file in (made.file, made.split_file):
        if file is not None:
            say(f"task: {shown(file)}")
    if made.validation.failed:
        say(f"\n{made.validation}")
        click.echo(f"mend {shown(made.file)}, and run the same command again", err=True)
        sys.exit(1)
    return made


def _planned(plan: Fitted, minutes: float) -> str:
    trials = plan.selection.images_per_class
    sizes = "all N of the task" if trials is None else f"N = {' '.join(map(str, trials))}"
    lines = [
        f"plan: {', '.join(plan.selection.arms)} at {sizes}, as many seeds as {minutes:g} minutes "
        "allow, the most decisive trials first"
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in plan.notes)])
