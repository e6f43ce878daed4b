"""Writes the leaderboard's files: pages, ``leaderboard.csv``, ``curves.csv`` and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from benchmark import files
from benchmark.analysis.board import FINETUNE, Board, of_one_protocol
from benchmark.analysis.explained.known import known
from benchmark.errors import UserError
from benchmark.pages import (
    csv_files,
    escape,
    figure_names,
    printer,
    published,
    reproduce,
    side_by_side,
    snapshots,
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
from benchmark.records.explained.finding import Finding
from benchmark.records.fingerprint import PROTOCOL
from benchmark.tasks.definition.schema import Task

Told = Callable[[UserError], object]
"""Is told of a file that could not be made; the others are made all the same."""


def write(
    boards: Sequence[Board],
    tasks: Mapping[str, Task],
    choices: Choices,
    out: Path,
    told: Told | None = None,
    explained: Sequence[Finding] = (),
    today: date | None = None,
) -> list[Path]:
    """Writes all files to ``out`` and returns their paths; figures come last.

    ``tasks`` supplies domains by name, ``choices`` says how settings were chosen, ``explained`` is
    what `explain` found. With ``today`` a snapshot of that day is kept. Raises `UserError` for a
    file that cannot be made, unless somebody is ``told``.
    """
    development = {name for name, task in tasks.items() if task.development}
    leaderboard = csv_files.leaderboard(boards)
    pages = {
        out / "README.md": _page(boards, tasks, _since(out, leaderboard, told)),
        out / "claims.md": claims_page.page(_counted(boards, tasks), development, known(explained)),
        out / "recipes.md": recipes_page.page(boards, choices, development),
        out / "leaderboard.csv": leaderboard,
        out / "curves.csv": csv_files.curves(boards),
    }
    if today is not None:  # the page was compared with the one before
        pages[snapshots.place(out, today)] = leaderboard
    makers = [(path, partial(str, text)) for path, text in pages.items()]
    figures = {figure_names.of_all(board, tasks.get(board.task)): board for board in boards}
    return [*_written(makers, told), *draw(figures, out, told)]


def draw(figures: Mapping[str, Board], out: Path, told: Told | None = None) -> list[Path]:
    """Writes a figure of each board to its place below ``out`` and returns the paths.

    Raises as `write`.
    """
    makers = [(out / at, partial(plots.accuracy_figure, board)) for at, board in figures.items()]
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


@dataclass(frozen=True)
class _Since:
    """What became of the newest snapshot."""

    day: str
    changes: str
    """A table; empty where every verdict reads as it did."""


def _since(out: Path, leaderboard: str, told: Told | None) -> _Since | None:
    try:
        before = snapshots.newest(out)
    except UserError as fault:
        if told is None:
            raise
        told(fault)
        return None
    return _Since(before.day, snapshots.changes(before, leaderboard)) if before else None


def _page(boards: Sequence[Board], tasks: Mapping[str, Task], since: _Since | None = None) -> str:
    ordered = sorted(boards, key=lambda b: (_is_development(b, tasks), b.task, b.backbone))
    development = {board.task for board in boards if _is_development(board, tasks)}
    counted = _counted(ordered, tasks)
    labels = {board.backbone: board.label for board in boards}
    return templates.render(
        "pages/results.md.j2",
        summary=_summary(ordered, FINETUNE, tasks),
        labels=[(name, label) for name, label in sorted(labels.items()) if label != name],
        any_development=bool(development),
        several_sizes=any(board.several_sizes for board in boards),
        any_unfinished=any(p.unfinished for b in boards for a in b.arms.values() for p in a.points),
        UNFINISHED=words.UNFINISHED,
        INTERVALS=words.INTERVALS,
        in_short=in_short.in_short(counted, development),
        any_older=any(b.protocol != counted[0].protocol for b in boards),
        other_arms=[_other_arm(ordered, arm, tasks) for arm in _others(boards)],
        since=since,
        longer=tables.longer_table(ordered, FINETUNE),
        beside=[
            (group[0].task, side_by_side.backbones_table(group))
            for group in side_by_side.of_backbones(ordered)
        ],
        sizes=[
            (*about, [(arm, side_by_side.sizes_table(group, arm)) for arm, group in by_arm])
            for about, by_arm in side_by_side.of_sizes(ordered).items()
        ],
        about_beside=side_by_side.ABOUT,
        published=published.table(ordered),
        surprises=surprises(counted),
        sections=[_section(board, tasks) for board in ordered],
        commands=[
            reproduce.command(board, tasks.get(board.task))
            for board in ordered
            if board.protocol == PROTOCOL
        ],
        hours=tables.hours_table(boards),
        columns=printer.markdown(
            ["column", "meaning"], csv_files.explained(csv_files.LEADERBOARD), padded=False
        ),
        curve_columns=[column.meaning for column in csv_files.CURVES if column.meaning],
    )


def _counted(boards: Sequence[Board], tasks: Mapping[str, Task]) -> list[Board]:
    """Of one protocol, one for each task and backbone: of the task's own image size.

    Without one, of the size with the most records.
    """

    def rank(board: Board) -> tuple[bool, int]:
        task = tasks.get(board.task)
        is_own = task is not None and task.image_size == board.data.image_size
        return is_own, sum(effort.trials for effort in board.efforts)

    development = [name for name, task in tasks.items() if task.development]
    best: dict[tuple[str, str], Board] = {}
    for board in of_one_protocol(boards, development):
        about = board.task, board.backbone
        best[about] = max(best.get(about, board), board, key=rank)
    return list(best.values())


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
    header = ["task", "domain", "backbone", "pretrained on", "N\\*", "interval of N\\*"]
    header += ["gain at the smallest N", "at a middle N", "at the largest N"]
    header += ["labels worth at a middle N", "certificate"]
    rows = [_summary_row(board, arm, tasks) for board in boards if arm in board.comparisons]
    return printer.markdown(header, rows) if rows else ""


def _summary_row(board: Board, arm: str, tasks: Mapping[str, Task]) -> list[str]:
    comparison = board.comparisons[arm]
    return [
        escape.text(words.task_name(board))
        + (" (development)" if _is_development(board, tasks) else ""),
        escape.text(tasks[board.task].domain) if board.task in tasks else "",
        escape.text(board.backbone),
        escape.text(board.pretrained_on),
        tables.marked_stops_at(board, arm),
        words.bounds(comparison.verdict),
        *tables.marked_gains(board, arm),
        tables.marked_middle_worth(board, arm),
        words.certificate_status(comparison),
    ]


def _section(board: Board, tasks: Mapping[str, Task]) -> dict[str, object]:
    return {
        "title": tasks[board.task].title if board.task in tasks else board.task,
        "at_size": words.at_size(board),
        "label": board.label,
        "figure": figure_names.of_all(board, tasks.get(board.task)),
        "verdicts": [
            (verdicts.line(board, arm), verdicts.grounds(board, arm)) for arm in board.comparisons
        ],
        "notes": words.notes(board),
        "data": board.data,
        "accuracy": tables.accuracy_table(board),
        "over_finetune": tables.over_finetune_table(board),
        "effective": tables.effective_table(board) if board.comparisons else "",
        "retrials": tables.retrial_table(board),
    }
