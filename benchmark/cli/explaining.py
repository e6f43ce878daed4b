"""The command that asks why pretraining helps, or does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import BACKBONE_HELP, FOLDER, JOBS, Numbers, Words, command, shown
from benchmark.defaults import BUNDLED, EXPLAINED

if TYPE_CHECKING:
    from benchmark.explain.explain import Missing

SIZES = (2, 20)
"""Images per class where nobody says any."""
SEEDS = 3


@command("explain --task digits --dry-run")
@click.option("--task", type=Words(), default="digits", show_default=True, help="Tasks.")
@click.option(
    "--backbone",
    type=Words(),
    default=BUNDLED,
    show_default=True,
    help=BACKBONE_HELP,
)
@click.option(
    "--n",
    "sizes",
    type=Numbers(),
    default=" ".join(map(str, SIZES)),
    show_default=True,
    help="Images per class.",
)
@click.option("--seeds", type=click.IntRange(1), default=SEEDS, show_default=True, help="Subsets.")
@click.option("--image-size", type=click.IntRange(8, 1024), help="Pixels.  [default: each task's]")
@JOBS
@click.option(
    "--out", type=FOLDER, default=EXPLAINED, help="Folder for the page, and what it rests on."
)
@click.option("--dry-run", is_flag=True, help="Only print what would be trained, and its cost.")
def explain(
    task: tuple[str, ...],
    backbone: tuple[str, ...],
    sizes: tuple[int, ...],
    seeds: int,
    image_size: int | None,
    jobs: int | None,
    out: Path,
    dry_run: bool,
) -> None:
    """Measure why pretraining helps, or does not, and write it down in plain words."""
    from benchmark.cli.progress import Looking
    from benchmark.explain import explain as explaining
    from benchmark.harness import executors
    from benchmark.harness.plan import Selection
    from benchmark.pages.explained import page
    from benchmark.records.explained import findings
    from benchmark.tasks.load import load_tasks

    workers = jobs or executors.default_workers()
    if workers > 1:
        executors.warm_up("benchmark.explain.explain")
    chosen = Selection(tuple(load_tasks(task)), backbone, (), sizes, seeds, image_size)
    told, stored = Looking(), out / findings.FOLDER
    planned = explaining.prepare(chosen)
    for note in planned.notes:
        click.echo(f"note: {note}")
    todo = explaining.missing(stored, planned, told.problem)
    click.echo(_plan(len(planned.asked), todo))
    if dry_run:
        _say_cost(todo, workers)
        return
    explaining.run(stored, todo, workers, told)
    for path in page.write(findings.load(stored, told.problem), out):
        click.echo(shown(path))
    told.close()


def _plan(asked: int, todo: Missing) -> str:
    done = asked - len(todo.asked)
    return f"{asked} answers planned, {done} stored already; {len(todo.variants)} trainings to do"


def _say_cost(todo: Missing, workers: int) -> None:
    from benchmark.defaults import RECORDED
    from benchmark.harness import estimate

    jobs = [variant.job for variant in todo.variants]
    click.echo(f"{estimate.estimate(jobs, workers, [RECORDED])}\nbeside what it takes to look on")
