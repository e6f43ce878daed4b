"""Writes the leaderboard's files: pages, ``leaderboard.csv``, ``curves.csv`` and figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmark import files
from benchmark.analysis.board import FINETUNE, Board, of_newest_protocol
from benchmark.errors import UserError, one_line
from benchmark.pages import (
    csv_files,
    escape,
    printer,
    reproduce,
    side_by_side,
    tables,
    templates,
    verdicts,
    words,
)
from benchmark.pages import figures as plots
from benchmark.pages import recipes as recipes_page
from benchmark.pages.recipes import Choices
from benchmark.pages.statements import in_short
from benchmark.pages.statements import page as claims_page
from benchmark.pages.surprises import surprises
from benchmark.tasks.definition.schema import Task

_SEPARATOR = re.compile(r"[/\\]")


FIGURES = "figures"
"""Folder of the figures, beside the page."""

Told = Callable[[UserError], object]
"""Is told of a file that could not be made; the others are made all the same."""


def write(
    boards: Sequence[Board],
    tasks: Mapping[str, Task],
    choices: Choices,
    out: Path,
    told: Told | None = None,
) -> list[Path]:
    """Writes all files to ``out`` and returns their paths; figures come last.

    ``tasks`` supplies domains by name, ``choices`` says how learning rates were chosen. Raises
    `UserError` for a file that cannot be made, unless somebody is ``told``.
    """
    development = {name for name, task in tasks.items() if task.development}
    pages = {
        out / "README.md": _page(boards, tasks),
        out / "claims.md": claims_page.page(of_newest_protocol(boards), development),
        out / "recipes.md": recipes_page.page(boards, choices, development),
        out / "leaderboard.csv": csv_files.leaderboard(boards),
        out / "curves.csv": csv_files.curves(boards),
    }
    makers = [(path, partial(str, text)) for path, text in pages.items()]
    return [*_written(makers, told), *draw(boards, out, told)]


def draw(boards: Sequence[Board], out: Path, told: Told | None = None) -> list[Path]:
    """Writes the figure of each board below ``out`` and returns the paths; raises as `write`."""
    makers = [(out / figure_name(board), partial(plots.accuracy_figure, board)) for board in boards]
    return _written(makers, told)


def _written(makers: Iterable[tuple[Path, Callable[[], str]]], told: Told | None) -> list[Path]:
    written = []
    for path, make in makers:
        try:
            files.write(path, make())
        except Exception as error:  # matplotlib, say, raises its own
            fault = _cannot_be_made(path, error)
            if told is None:
                raise fault from error
            told(fault)
        else:
            written.append(path)
    return written


def _cannot_be_made(path: Path, error: Exception) -> UserError:
    reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return UserError(
        f"cannot make this file: {reason}",
        where=path,
        mend="all else is written; remove what is in its way and run again",
    )


def figure_name(board: Board) -> str:
    """Where a board's figure lies, relative to the page; never outside the folder of figures."""
    name = one_line(f"{board.task}--{board.backbone}")
    return f"{FIGURES}/{_SEPARATOR.sub('_', name)}.svg"


def _page(boards: Sequence[Board], tasks: Mapping[str, Task]) -> str:
    ordered = sorted(boards, key=lambda b: (_is_development(b, tasks), b.task, b.backbone))
    development = {board.task for board in boards if _is_development(board, tasks)}
    labels = {board.backbone: board.label for board in boards}
    return templates.render(
        "pages/results.md.j2",
        summary=_summary(ordered, FINETUNE, tasks),
        labels=[(name, label) for name, label in sorted(labels.items()) if label != name],
        any_development=bool(development),
        any_unfinished=any(p.unfinished for b in boards for a in b.arms.values() for p in a.points),
        UNFINISHED=words.UNFINISHED,
        INTERVALS=words.INTERVALS,
        in_short=in_short.in_short(of_newest_protocol(ordered), development),
        any_older=len(of_newest_protocol(boards)) < len(boards),
        other_arms=[_other_arm(ordered, arm, tasks) for arm in _others(boards)],
        longer=tables.longer_table(ordered, FINETUNE),
        beside=[
            (group[0].task, side_by_side.table(group)) for group in side_by_side.groups(ordered)
        ],
        about_beside=side_by_side.ABOUT,
        surprises=surprises(of_newest_protocol(ordered)),
        sections=[_section(board, tasks) for board in ordered],
        commands=[reproduce.command(board, tasks.get(board.task)) for board in ordered],
        hours=tables.hours_table(boards),
        columns=printer.markdown(
            ["column", "meaning"], csv_files.explained(csv_files.LEADERBOARD), padded=False
        ),
        curve_columns=[column.meaning for column in csv_files.CURVES if column.meaning],
    )


def _is_development(board: Board, tasks: Mapping[str, Task]) -> bool:
    return board.task in tasks and tasks[board.task].development


def _others(boards: Sequence[Board]) -> list[str]:
    """Arms but fine-tuning that are compared with scratch; those that are pretraining first."""
    compared = {arm for board in boards for arm in board.comparisons} - {FINETUNE}
    return sorted(compared, key=lambda arm: (not _is_pretraining(boards, arm), arm))


def _is_pretraining(boards: Sequence[Board], arm: str) -> bool:
    return any(board.arms[arm].pretrained for board in boards if arm in board.arms)


def _other_arm(boards: Sequence[Board], arm: str, tasks: Mapping[str, Task]) -> dict[str, object]:
    return {
        "name": arm,
        "pretraining": _is_pretraining(boards, arm),
        "summary": _summary(boards, arm, tasks),
    }


def _summary(boards: Sequence[Board], arm: str, tasks: Mapping[str, Task]) -> str:
    """The table of verdicts; empty where nothing is compared."""
    header = ["task", "domain", "backbone", "pretrained on", "N\\*", "interval", "gain at N=1"]
    header += ["N=10", "N=100", "labels worth at N=10", "certificate"]
    rows = [_summary_row(board, arm, tasks) for board in boards if arm in board.comparisons]
    return printer.markdown(header, rows) if rows else ""


def _summary_row(board: Board, arm: str, tasks: Mapping[str, Task]) -> list[str]:
    comparison = board.comparisons[arm]
    return [
        escape.text(board.task) + (" (development)" if _is_development(board, tasks) else ""),
        escape.text(tasks[board.task].domain) if board.task in tasks else "",
        escape.text(board.backbone),
        escape.text(board.pretrained_on),
        tables.marked_stops_at(board, arm),
        words.bounds(comparison.verdict),
        *(tables.marked_gain_at(board, arm, n) for n in csv_files.GAIN_COLUMNS_AT),
        tables.marked_labels_worth(board, arm, 10),
        words.certificate_status(comparison),
    ]


def _section(board: Board, tasks: Mapping[str, Task]) -> dict[str, object]:
    return {
        "title": tasks[board.task].title if board.task in tasks else board.task,
        "label": board.label,
        "figure": figure_name(board),
        "verdicts": [
            (verdicts.line(board, arm), verdicts.grounds(board, arm)) for arm in board.comparisons
        ],
        "notes": words.notes(board),
        "data": board.data,
        "accuracy": tables.accuracy_table(board),
        "effective": tables.effective_table(board) if board.comparisons else "",
        "retrials": tables.retrial_table(board),
    }
