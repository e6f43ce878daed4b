"""Commands that train: ``bench`` and ``audit``."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from benchmark.cli.options import Part, command, selecting, shown
from benchmark.defaults import FIRST_MINUTES, option, switch
from benchmark.errors import UserError

if TYPE_CHECKING:
    from benchmark.analysis.board import Board
    from benchmark.cli.progress import Progress
    from benchmark.harness.executors import Executor
    from benchmark.harness.grown import Aim
    from benchmark.harness.job import Job
    from benchmark.harness.plan import Plan, Selection
    from benchmark.pages.forms import Form
    from benchmark.pages.printer import Grid


@command("bench --task digits --backbone resnet18.a1_in1k")
@selecting
@click.option("--dry-run", is_flag=True, help="Only print what would be run, and its cost.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "md", "csv", "json", "latex"]),
    default="text",
    show_default=True,
    help="csv: the pairs of accuracies, as the verdict command reads them; md, json, latex: the "
    "table of accuracies and gains, and nothing else.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Of training, over all processes, for each task and backbone, where trials are chosen.  "
    f"[default: {FIRST_MINUTES:g}; with --adapt as ten seeds at every N]",
)
@click.option("--shard", type=Part(), help="Only the i-th of k parts of the plan, without a table.")
def bench(
    selection: Selection,
    adapt: bool,
    margin: float,
    jobs: int,
    records: Path,
    dry_run: bool,
    form: Form | Literal["text"],
    minutes: float | None,
    shard: tuple[int, int] | None,
    executor: Executor,
) -> None:
    """Run what is not stored yet, then print the table and the verdict."""
    from benchmark.cli.progress import Progress
    from benchmark.harness import adaptive, plan
    from benchmark.harness import bench as benchmarking

    _check_prints_a_table(form, dry_run=dry_run, shard=shard)
    aim = _aim(adapt, margin, minutes)
    planned = plan.prepare(selection)
    for note in planned.notes:
        click.echo(f"note: {note}", err=form != "text")
    if shard:
        planned = _part(planned, shard, adapt)
    if dry_run:
        _say_plan(selection, planned, aim if adapt else None, jobs, records)
        return
    progress = Progress(apart=form != "text")
    if shard:
        _run_part(planned, jobs, records, progress, executor)
        return
    if form == "text":
        _prepare_figures(records)
    if adapt:
        boards = adaptive.bench(selection, records, aim, jobs, progress, executor=executor)
    else:
        boards = benchmarking.bench(planned, records, margin, jobs, progress, executor=executor)
    if form == "text":
        _report(boards, selection, records, progress)
        _advise(boards, selection, records, margin, progress)
    else:
        click.echo(_in_form(boards, form), nl=False)
    progress.close()


def _check_prints_a_table(form: str, *, dry_run: bool, shard: object) -> None:
    if form != "text" and (dry_run or shard):
        raise UserError(
            "a part of a plan, or a plan alone, has no table",
            where=f"--format {form}",
            mend="leave it out, or run all parts first",
        )


def _aim(adapt: bool, margin: float, minutes: float | None) -> Aim:
    """Raises `UserError` for minutes where trials are not chosen."""
    from benchmark.harness.grown import Aim

    if minutes and not adapt:
        raise UserError(
            "minutes limit trials that are chosen",
            where=f"{option('minutes')}={minutes:g}",
            mend=f"add {switch('adapt')}, and leave {option('seeds')} and {option('shard')} out",
        )
    asked = click.get_current_context().get_parameter_source("adapt") is not ParameterSource.DEFAULT
    return Aim(margin, minutes if minutes or asked else FIRST_MINUTES)


def _say_plan(
    selection: Selection, planned: Plan, aim: Aim | None, jobs: int, records: Path
) -> None:
    """``aim``: of trials that are chosen; None for an even grid."""
    from benchmark.harness import adaptive, sweep

    if aim is None:
        _say_cost("", sweep.missing(records, planned.jobs), jobs, records)
        return
    _say_cost("next: ", adaptive.upcoming(selection, records, aim), jobs, records)
    most = f", at most {aim.minutes:g} minutes of training for each task" if aim.minutes else ""
    click.echo(f"what comes then, and so the cost in all{most}, is known after these")


def _run_part(
    planned: Plan, jobs: int, records: Path, progress: Progress, executor: Executor
) -> None:
    from benchmark.harness import sweep

    deque(sweep.run(records, planned.jobs, jobs, progress, executor=executor), maxlen=0)
    click.echo(f"records: {shown(records)}")
    click.echo(f"when those of all parts are copied into one folder, {_WITHOUT_SHARD}")
    progress.close()


_WITHOUT_SHARD = f"the same command without {option('shard')} prints the table"


def _part(planned: Plan, shard: tuple[int, int], adapt: bool) -> Plan:
    """Raises `UserError` where trials are chosen."""
    from benchmark.harness.shards import Shard

    if adapt:
        raise UserError(
            "trials that are chosen have no parts: each choice rests on all records",
            where=f"{option('shard')} and {option('adapt')}",
            mend="leave one of them out; several adaptive runs on one folder share the work",
        )
    part = Shard(*shard)
    jobs = tuple(part.of(planned.jobs))
    click.echo(f"{part}: {len(jobs)} of {len(planned.jobs)} trials", err=True)
    return replace(planned, jobs=jobs)


def _in_form(boards: Sequence[Board], form: Form) -> str:
    from benchmark.errors import one_line
    from benchmark.pages import csv_files, tables
    from benchmark.pages.forms import as_text

    if form == "csv":
        return csv_files.pairs(boards)
    grids = [(board, tables.accuracy_grid(board, one_line)) for board in boards]
    if form == "json":
        return _as_json(grids)
    return "\n".join(as_text(grid, form) for _, grid in grids)


def _as_json(grids: Sequence[tuple[Board, Grid]]) -> str:
    """One list for all boards, whose columns differ."""
    import json

    rows = [
        {"task": board.task, "backbone": board.backbone, "image_size": board.data.image_size}
        | dict(zip(header, row, strict=True))
        for board, (header, cells) in grids
        for row in cells
    ]
    return json.dumps(rows, indent=2) + "\n"


@command("audit --task digits --dry-run")
@selecting
@click.option("--dry-run", is_flag=True, help="Only print the cost of what would be run.")
def audit(
    selection: Selection,
    adapt: bool,
    margin: float,
    jobs: int,
    records: Path,
    dry_run: bool,
    executor: Executor,
) -> None:
    """Run the cells that decide a verdict again with other recipes, for its certificate.

    With --adapt, those that decide the verdicts on what is stored.
    """
    from benchmark.cli.progress import Progress
    from benchmark.harness import adaptive, plan, sweep
    from benchmark.harness import audit as auditing

    planned = adaptive.stored(selection, records) if adapt else plan.prepare(selection)

    def tell(missing: Sequence[Job]) -> None:
        _say_cost("audit: ", missing, jobs, records)

    if dry_run:
        if first := sweep.missing(records, planned.jobs):
            _say_cost("before the audit: ", first, jobs, records)
            click.echo("which cells decide, and so the cost of the audit, is known after these")
        else:
            tell(auditing.missing(auditing.rounds(planned, records, margin)))
        return
    progress = Progress()
    _prepare_figures(records)
    boards = auditing.audit(planned, records, margin, jobs, progress, tell, executor=executor)
    _report(boards, selection, records, progress)
    progress.close()


def _say_cost(what: str, missing: Sequence[Job], workers: int, records: Path) -> None:
    from benchmark.harness import estimate

    click.echo(f"{what}{estimate.estimate(missing, workers, estimate.with_recorded(records))}")


def _prepare_figures(records: Path) -> None:
    from benchmark import files
    from benchmark.pages import figure_names

    mend = f"choose another folder with {option('records')}=...: figures lie beside the records"
    files.prepare(records.parent / figure_names.FOLDER, mend=mend)


def _report(
    boards: Sequence[Board], selection: Selection, records: Path, progress: Progress
) -> None:
    from benchmark.pages import figure_names, results, side_by_side, tables

    for board in boards:
        click.echo(f"\n{tables.board_text(board)}")
    if compared := side_by_side.text(boards):
        click.echo(f"\n{compared}")
    click.echo()
    tasks = {task.name: task for task in selection.tasks}
    figures = {figure_names.of_run(board, tasks[board.task]): board for board in boards}
    for figure in results.draw(figures, records.parent, progress.problem):
        click.echo(f"figure:  {shown(figure)}")
    click.echo(f"records: {shown(records)}")


def _advise(
    boards: Sequence[Board],
    selection: Selection,
    records: Path,
    margin: float,
    progress: Progress,
) -> None:
    """What each board means, in words; the last line names the folder of all that belongs to it."""
    from benchmark.advice import tables, words
    from benchmark.advice.advise import advice_of, written
    from benchmark.training.backbones import portable_name

    tasks = {task.name: task for task in selection.tasks}
    given = {portable_name(name): name for name in selection.backbones}
    for board in boards:
        advised = advice_of(board, tasks[board.task], given[board.backbone], records, margin)
        shown_numbers = tables.in_tables(advised.advice)
        said = [shown_numbers] * bool(shown_numbers) + [words.text(advised.advice)]
        click.echo("\n" + "\n\n".join(said))
        out = written(advised, records, progress.problem)
        click.echo(f"\nadvice, table, figures and page: {shown(out)}")
