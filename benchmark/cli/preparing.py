"""Commands that make what the suite rests on: tuned settings and the bundled backbone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmark.cli.options import BACKBONE_HELP, JOBS, MARGIN_OPTION, Words, command, shown
from benchmark.defaults import BUNDLED

if TYPE_CHECKING:
    from benchmark.harness.tune import Choice


BACKBONES = click.option(
    "--backbone",
    type=Words(),
    default=BUNDLED,
    show_default=True,
    help=BACKBONE_HELP,
)


@command("tune --backbone resnet18.a1_in1k")
@BACKBONES
@click.option(
    "--arms", type=Words(), help="Arms, or all.  [default: those with settings of their own]"
)
@JOBS
def tune(backbone: tuple[str, ...], arms: tuple[str, ...] | None, jobs: int | None) -> None:
    """Choose each arm's settings on the development tasks' training images."""
    from benchmark import files
    from benchmark.defaults import OWN_TUNING
    from benchmark.harness import executors
    from benchmark.harness import tune as tuning
    from benchmark.training import backbones

    files.prepare(OWN_TUNING, mend="make this folder writable: what is measured is kept there")
    for name in backbone:
        backbones.find(name)
    for name in backbone:
        _show_choice(name, tuning.choose(name, jobs or executors.default_workers(), arms))


def _show_choice(name: str, choice: Choice) -> None:
    from benchmark.records.evidence import as_text, mean_accuracies, rates_at_the_edge

    for (arm, size, settings), accuracy in mean_accuracies(choice.evidence).items():
        mark = "  <- chosen" if as_text(choice.tuned.settings[arm][size]) == settings else ""
        click.echo(f"{name} {arm} N={size} {settings}: {100 * accuracy:.1f}%{mark}")
    for arm, size, rate in rates_at_the_edge(choice.evidence):
        click.echo(f"{name} {arm} N={size}: a rate beyond {rate:g}, the last tried, may do better")


@command("saturation --task digits")
@click.option("--task", type=Words(), help="Tasks.  [default: the development tasks at hand]")
@BACKBONES
@click.option(
    "--seeds",
    type=click.IntRange(2),
    default=2,
    show_default=True,
    help="Subsets of each size.",
)
@JOBS
@MARGIN_OPTION
def saturation(
    task: tuple[str, ...] | None,
    backbone: tuple[str, ...],
    seeds: int,
    jobs: int | None,
    margin: float,
) -> None:
    """Show whether the budgets are large enough, on held-out training images."""
    from benchmark import files
    from benchmark.defaults import OWN_TUNING
    from benchmark.harness import executors, held_out
    from benchmark.harness import saturation as measuring
    from benchmark.pages import saturation as page
    from benchmark.tasks.load import load_tasks
    from benchmark.training import backbones

    files.prepare(OWN_TUNING, mend="make this folder writable: what is measured is kept there")
    tasks = load_tasks(task) if task else held_out.development_tasks()
    for name in backbone:
        backbones.find(name)
    for name in backbone:
        workers = jobs or executors.default_workers()
        click.echo(page.table(measuring.measure(name, tasks, workers, seeds), margin))


@command("distill --teacher mobilenetv2_100 --images photos --out student")
@click.option("--teacher", required=True, help="Backbone whose features are learned.")
@click.option(
    "--images",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Parquet file with a column image, or folder of images; may be repeated.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the student, in timm's local-dir format.",
)
@click.option("--views", type=click.IntRange(1), help="Random views of the images.")
@click.option("--passes", type=click.IntRange(1), help="Passes over the views.")
@click.option("--seed", type=click.IntRange(0), help="Seed.")
def distill(teacher: str, images: tuple[Path, ...], out: Path, **changed: int | None) -> None:
    """Make the bundled backbone: a small student learns a teacher's features."""
    from benchmark import files
    from benchmark.training import distill as distillation

    files.prepare(out, mend="choose another folder with --out")
    given: dict[str, Any] = {key: value for key, value in changed.items() if value is not None}
    settings = distillation.Distillation(**given)
    distillation.distill(teacher, images, out, settings)
    click.echo(f"student: {shown(out)}")
