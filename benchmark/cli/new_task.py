"""The command that turns somebody's images into a task."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import JOBS, command, describing, shown

if TYPE_CHECKING:
    from benchmark.tasks.proposal.columns import Options


@command("task ~/photos/birds --name birds")
@click.argument("images")
@click.option("--name", default="", help="Name of the task.")
@describing
@JOBS
def task(
    images: str,
    name: str,
    options: Options,
    force: bool,
    jobs: int | None,
) -> None:
    """Look at IMAGES and write a task: a folder, a table, or ORG/NAME on the hub."""
    from benchmark.advice import new_task as advice
    from benchmark.cli import new_task_text as text
    from benchmark.harness import executors

    made = advice.new_task(
        images,
        name,
        options,
        force=force,
        tell=lambda proposal: click.echo(text.told(proposal)),
    )
    for file in (made.file, made.split_file):
        if file is not None:
            click.echo(f"written: {shown(file)}")
    if made.validation.failed:
        click.echo(f"\n{made.validation}")
        click.echo(f"mend {shown(made.file)}, and check it again", err=True)
        sys.exit(1)
    click.echo("validated: no faults")
    click.echo(f"\nnext: {text.next_command(name)}")
    cost = advice.cost(name, jobs or executors.default_workers())
    click.echo(f"which with the bundled backbone and five seeds means\n{cost}")
