"""The commands behind the make targets. Imports late, so that ``--help`` answers at once."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmark import __version__
from benchmark.defaults import BUNDLED, LOCAL, MARGIN, RECORDED, RESULTS
from benchmark.errors import UserError

if TYPE_CHECKING:
    from benchmark.analysis.board import Board
    from benchmark.harness.job import Job
    from benchmark.harness.sweep import Selection
    from benchmark.records.record import Record

DEFAULT_ARMS = "scratch finetune probe"


_FOLDER: Any = click.Path(path_type=Path, file_okay=False)
_JOBS = click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one per core]")
_MARGIN = click.option(
    "--margin",
    type=click.FloatRange(0, 1, max_open=True),
    default=MARGIN,
    show_default=True,
    help="Gain that counts as no help, as a share of 1.",
)


class Words(click.ParamType[Any]):
    """Names separated by blanks or commas."""

    name = "names"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        """Splits the text; refuses an empty one."""
        words = tuple(dict.fromkeys(str(value).replace(",", " ").split()))
        if not words:
            self.fail("name at least one", param, ctx)
        return words


class Numbers(Words):
    """Whole numbers from 1 on, separated by blanks or commas."""

    name = "numbers"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[Any, ...]:
        """Converts each word to a number."""
        words = super().convert(value, param, ctx)
        if not all(word.isascii() and word.isdigit() and int(word) > 0 for word in words):
            self.fail(f"{value!r}: whole numbers from 1 on are expected", param, ctx)
        return tuple(sorted({int(word) for word in words}))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """From how many images per class on does a pretrained backbone stop helping?"""


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that select trials, the same for every command that runs them."""
    options = [
        click.option("--task", type=Words(), default="digits", show_default=True, help="Tasks."),
        click.option(
            "--backbone",
            type=Words(),
            default=BUNDLED,
            show_default=True,
            help="timm names, hf-hub:ORG/NAME or local-dir:FOLDER.",
        ),
        click.option("--arms", type=Words(), default=DEFAULT_ARMS, show_default=True, help="Arms."),
        click.option(
            "--n", "sizes", type=Numbers(), help="Images per class.  [default: each task's grid]"
        ),
        click.option("--seeds", type=click.IntRange(1), default=5, show_default=True),
        click.option(
            "--image-size", type=click.IntRange(8, 1024), help="Pixels.  [default: each task's]"
        ),
        _MARGIN,
        _JOBS,
        click.option("--records", type=_FOLDER, default=LOCAL, help="Folder of the records."),
    ]

    @functools.wraps(command)
    def selected(
        task: tuple[str, ...],
        backbone: tuple[str, ...],
        arms: tuple[str, ...],
        sizes: tuple[int, ...] | None,
        seeds: int,
        image_size: int | None,
        **others: Any,
    ) -> None:
        from benchmark.harness.executors import processes as executors

        others["jobs"] = others["jobs"] or executors.default_workers()
        if others["jobs"] > 1:
            executors.warm_up("benchmark.harness.job")  # while this process imports the same
        from benchmark.harness import sweep
        from benchmark.tasks import load as tasks

        loaded = tuple(tasks.load_tasks(task))
        chosen = sweep.Selection(loaded, backbone, arms, sizes, seeds, image_size)
        command(chosen, **others)

    for option in reversed(options):
        selected = option(selected)
    return selected


@cli.command()
@_selecting
@click.option("--dry-run", is_flag=True, help="Only print what would be run, and its cost.")
def bench(selection: Selection, margin: float, jobs: int, records: Path, dry_run: bool) -> None:
    """Run what is not stored yet, then print the table and the verdict."""
    from benchmark.harness import sweep

    prepared = sweep.prepare(selection)
    for note in prepared.notes:
        click.echo(f"note: {note}")
    if dry_run:
        from benchmark.harness import estimate

        click.echo(str(estimate.estimate(sweep.missing(records, prepared.jobs), jobs, RECORDED)))
        return
    _run(prepared.jobs, records, jobs)
    _report(sweep.stored(records, prepared.jobs), records, margin)


@cli.command()
@_selecting
def audit(selection: Selection, margin: float, jobs: int, records: Path) -> None:
    """Run the cells that decide a verdict again with other recipes, for its certificate."""
    from benchmark.analysis import board as leaderboard
    from benchmark.analysis.scores import score_of
    from benchmark.harness import audit as auditing
    from benchmark.harness import sweep

    planned = sweep.prepare(selection).jobs
    _run(planned, records, jobs)
    stored = sweep.stored(records, planned)
    scores = [score_of(record) for record in stored]
    for board in leaderboard.boards(scores, margin):
        own = [job for job in planned if _belongs(job, board)]
        for alternative, again in auditing.plan(board, own, scores).items():
            click.echo(f"{board.task} with {board.backbone}, {alternative}:")
            _run(again, auditing.folder(records, alternative), jobs)
    _report(stored, records, margin)


def _belongs(job: Job, board: Board) -> bool:
    trial = job.stored_trial
    return (trial.task, trial.backbone) == (board.task, board.backbone)


def _run(jobs: Sequence[Job], records: Path, workers: int) -> None:
    import time

    from benchmark.harness import sweep

    todo = len(sweep.missing(records, jobs))
    click.echo(f"{len(jobs)} trials planned, {len(jobs) - todo} stored already")
    started = time.perf_counter()
    for record in sweep.run(records, jobs, workers):
        _log(record)
    if todo:
        click.echo(f"{todo} trials run in {time.perf_counter() - started:.0f} s")


def _log(record: Record) -> None:
    from tqdm import tqdm

    t = record.trial
    outcome = f"{record.accuracy:.3f}" if record.status == "ok" else f"FAILED: {record.reason}"
    name = f"{t.task} {t.backbone} {t.arm} N={t.images_per_class} seed {t.seed}"
    tqdm.write(f"{name}: {outcome} ({record.training.seconds:.1f} s)", file=sys.stderr)


def _report(stored: Sequence[Record], records: Path, margin: float) -> None:
    from benchmark.pages import figures as plots
    from benchmark.pages import results as results_page
    from benchmark.pages import tables

    for board in _boards(stored, records, margin):
        figure = records.parent / results_page.figure_name(board)
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_text(plots.accuracy_figure(board), encoding="utf-8")
        click.echo(f"\n{tables.board_text(board)}\n\nfigure:  {_shown(figure)}")
    click.echo(f"records: {_shown(records)}")


def _shown(path: Path) -> str:
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


@cli.command()
@click.option("--records", type=_FOLDER, default=RECORDED, help="Folder of the records.")
@click.option(
    "--out", type=_FOLDER, default=RESULTS, help="Folder for README.md, CSV files and figures."
)
@_MARGIN
def leaderboard(records: Path, out: Path, margin: float) -> None:
    """Build the tables and figures from stored records alone."""
    from benchmark.pages import results as results_page
    from benchmark.pages.recipes import Choices
    from benchmark.records import store
    from benchmark.records.evidence import read_evidence
    from benchmark.records.recipe import tuned_backbones
    from benchmark.tasks import load as tasks

    if not records.is_dir():
        raise UserError("there is no such folder of records", where=records, mend="run make bench")
    boards = _boards(store.load(records), records, margin)
    known = {task.name: task for task in tasks.load_tasks()}
    choices = Choices(read_evidence(), tuned_backbones())
    for path in results_page.write(boards, known, choices, out):
        click.echo(_shown(path))


def _boards(stored: Iterable[Record], records: Path, margin: float) -> list[Board]:
    """What the stored records say, with the audits that lie beside their folder."""
    from benchmark.analysis import board as leaderboard
    from benchmark.analysis.scores import score_of
    from benchmark.harness import audit

    return leaderboard.boards(map(score_of, stored), margin, audit.scores(records))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_MARGIN
def verdict(file: Path, as_json: bool, margin: float) -> None:
    """Judge your own results: FILE is a CSV with images_per_class, seed, scratch, pretrained."""
    import json

    from benchmark.checks import verdict_file

    judged = verdict_file.judge(file, margin)
    shown = json.dumps(verdict_file.to_json(judged)) if as_json else verdict_file.to_text(judged)
    click.echo(shown)


@cli.command()
@click.option("--sweeps", type=click.IntRange(1), default=2000, show_default=True)
@_JOBS
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=RESULTS / "calibration.md",
    help="Markdown file with the table.",
)
def calibrate(sweeps: int, jobs: int | None, out: Path) -> None:
    """Simulate sweeps with a known crossover and check the intervals and verdicts."""
    from benchmark.checks.calibration import calibrate as calibration
    from benchmark.harness.executors import processes as executors

    result = calibration.run(sweeps, jobs or executors.default_workers(), out)
    for failure in result.failures:
        click.echo(f"outside the bounds: {failure}", err=True)
    click.echo(_shown(out))
    if result.failures:
        sys.exit(1)


@cli.command()
@click.option("--task", type=Words(), help="Task names.  [default: all]")
@click.option("--download", is_flag=True, help="Check data on other machines too.")
def validate(task: tuple[str, ...] | None, download: bool) -> None:
    """Check task YAMLs and their data."""
    from benchmark.checks import validate as validation

    report = validation.validate(task, download=download)
    click.echo(str(report))
    if report.failed:
        sys.exit(1)


@cli.command("check-contribution")
@click.option("--records", type=_FOLDER, default=RECORDED, help="Folder of the records.")
def check_contribution(records: Path) -> None:
    """Check that every record and audit is sound, without training."""
    from benchmark.checks.contribution import check as contribution

    report = contribution.check(records)
    click.echo(str(report))
    if report.problems:
        sys.exit(1)


@cli.command()
@click.option(
    "--backbone",
    type=Words(),
    default=BUNDLED,
    show_default=True,
    help="timm names, hf-hub:ORG/NAME or local-dir:FOLDER.",
)
@_JOBS
def tune(backbone: tuple[str, ...], jobs: int | None) -> None:
    """Choose learning rates on the development tasks' training images."""
    from benchmark.harness import tune as tuning
    from benchmark.harness.executors import processes as executors
    from benchmark.records.evidence import chosen_rates, mean_accuracies, rates_at_the_edge
    from benchmark.records.recipe import Tuned
    from benchmark.tasks import load as tasks
    from benchmark.tasks.sources import find as sources
    from benchmark.training import backbones

    development = [task for task in tasks.load_tasks() if task.development]
    usable = [task for task in development if not sources.find(task).remote]
    for name in backbone:
        backbones.check_name(name)
        evidence = tuning.tune(name, usable, jobs or executors.default_workers())
        rates = chosen_rates(evidence)
        for (arm, rate), accuracy in mean_accuracies(evidence).items():
            mark = "  <- chosen" if rates[arm] == rate else ""
            click.echo(f"{name} {arm} {rate:g}: {100 * accuracy:.1f}%{mark}")
        for arm, rate in rates_at_the_edge(evidence).items():
            click.echo(f"{name} {arm}: a rate beyond {rate:g}, the last tried, may do better")
        found = Tuned(rates, tuning.labels_used(usable))
        tuning.keep(backbones.portable_name(name), found)


@cli.command()
@click.option("--backbone", default=BUNDLED, show_default=True, help="For digits.")
@_JOBS
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=RESULTS / "performance.md",
    help="Markdown file.",
)
def perf(backbone: str, jobs: int | None, out: Path) -> None:
    """Measure the suite against the arithmetic's own limit."""
    from benchmark.checks.performance import perf as performance
    from benchmark.harness.executors import processes as executors

    report = performance.run(jobs or executors.default_workers(), backbone, out)
    click.echo(out.read_text(encoding="utf-8"))
    for failure in report.failures:
        click.echo(f"outside the bounds: {failure}", err=True)
    if report.failures:
        sys.exit(1)


@cli.command()
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
    from benchmark.training import distill as distillation

    given: dict[str, Any] = {key: value for key, value in changed.items() if value is not None}
    settings = distillation.Distillation(**given)
    distillation.distill(teacher, images, out, settings)
    click.echo(f"student: {_shown(out)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; an error for people is one message and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli(given, standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stopped()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UserError as error:
        if "--debug" in given:
            raise
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if "--debug" in given:
            raise
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"error: {place}{error.strerror or error}", err=True)
        sys.exit(2)
    except Exception as error:
        if not _was_interrupted(error):
            raise
        _stopped()


def _was_interrupted(error: BaseException | None) -> bool:
    """Ctrl-C in the middle of taking a lock, say, ends as an error about the lock."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _stopped() -> None:
    message = "stopped; finished trials are stored: the same command goes on where it stopped"
    click.echo(f"\n{message}", err=True)
    sys.exit(130)
