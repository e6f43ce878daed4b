"""Writes the leaderboard's files: pages, ``leaderboard.csv``, ``curves.csv`` and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark import files
from benchmark.analysis.board import FINETUNE, SCRATCH, Board
from benchmark.pages import csv_files, reproduce, tables, words
from benchmark.pages import figures as plots
from benchmark.pages import recipes as recipes_page
from benchmark.pages.recipes import Choices
from benchmark.pages.statements import in_short
from benchmark.pages.statements import page as claims_page
from benchmark.pages.surprises import surprises
from benchmark.tasks.schema import Task

_INTRO = """# Results

From how many images per class on does an ImageNet-pretrained backbone stop helping? **N\\*** is
that number for fine-tuning against training the same network from scratch. Gains are points of
test accuracy; brackets are 95% intervals.
"""

_MORE = """Read on: [what these numbers say of four common statements](claims.md),
[the recipes and how they were chosen](recipes.md). For programs:
[`leaderboard.csv`](leaderboard.csv), [`curves.csv`](curves.csv). Everything comes from the records
in `records/`; `make leaderboard` builds it again.
"""

_REPRODUCING = """## Reproduce a row

Each command trains the trials of one task and backbone again, into a folder of their own, and
prints their table. `FOLDER` stands for the folder in which a backbone of that name lies. Without
`RECORDS`, what is stored in `results/local/` already is not trained again.
"""

_HARDWARE = """## Hardware and hours

Hours of training, summed over the trials that this page rests on; on a processor they are hours
of one core. Audits are the trials that ran again with other recipes.
"""

_SURPRISES = """## Surprises

Found by rule in the tables below. Each rests on 95% intervals, and there are many cells: a few
may be chance.
"""

_READING = """## How to read a verdict

Both arms are trained on the same images. The **gain** at N images per class is the accuracy of the
pretrained arm less that of scratch, in points, averaged over seeds; the brackets are a 95% interval
over seeds and test images. A gain that is not above the **margin** counts as no help.

- *stops at N\\* [lo, hi]*: below lo images per class pretraining helps; above hi it no longer does;
  N\\* is the best single guess.
- *still helps at the largest N*: the crossover lies beyond the data that there are.
- *never helps*: no N shows a mean gain above the margin, and all N together surely have none; a
  single small N may still be uncertain.
- *hurts from N on*: from there on scratch is better by more than the margin.
- *undecided*: the interval does not settle it; more seeds or more N may.

The **certificate** says whether the verdict survives other recipes. `make audit` runs the deciding
cells again with twice the steps, with the learning rate times 3 and divided by 3, and with the
whole budget where trainings at the floor of their loss end early, for both arms. If a better
setting moves the verdict, it is void: it rested on an arm that was trained badly. *Still helps* is
unsettled where twice the steps of scratch lower the gain by more than the margin and its loss is
falling even then.

**Labels worth** x3 at N=10 means that scratch needs about 30 images per class to reach what the
pretrained arm reaches with 10 (effective images, Hernandez et al. 2021).
"""

_UNFINISHED = f"""- {words.UNFINISHED}: most of scratch's trainings behind this number
  ended with their loss still falling. With more steps scratch may do better, and the gain and what
  pretraining is worth in labels be smaller."""

_LONGER = """## If one arm trained twice as long

The gain of fine-tuning at the largest N, in points, and what becomes of it when one of the two arms
is given twice the steps: how far the number of steps decides it.
"""

_COLUMNS = """## Columns of `leaderboard.csv`

One row per task x backbone x arm. Accuracies and gains are shares (0..1), lows and highs bound 95%
intervals, and an empty cell means that there is no such number.

| column | meaning |
| --- | --- |
| `task`, `backbone`, `arm` | what was run; the backbone's name as timm knows it, or its folder's |
| `protocol` | what the recipes meant: rows of different protocols are not comparable |
| `image_size` | side of the square input in pixels |
| `smallest_n`, `largest_n` | ends of the grid of images per class |
| `fewest_seeds` | seeds that succeeded at the N with the fewest |
| `records`, `failed` | trials that the row rests on, and how many of them failed |
| `accuracy_at_largest_n`, `accuracy_low`, `accuracy_high` | test accuracy at the largest N |
| `verdict` | `stops`, `helps_throughout`, `never_helps`, `hurts`, `undecided`; empty for scratch |
| `crossover`, `crossover_low`, `crossover_high` | N\\* in images per class; an empty end is open |
| `certificate` | `holds`, `void: ...`, `unsettled ...`, `incomplete`, `not audited`: see above |
| `margin` | gain up to which pretraining counts as no help |
| `gain_at_N`, `gain_at_N_low`, `gain_at_N_high` | paired gain over scratch at N = 1, 10, 100 |
| `label_multiplier_at_N` | effective images per class divided by N |
| `seconds` | training time of all trials of the row, on one core |
| `labels_at_largest_n` | all labelled images of the task that a trial at the largest N used |
| `tuning_labels` | labelled images of development tasks that the learning rate was chosen on |
| `test_images_in_train` | test images that are training images too |
| `accuracy_without_them` | accuracy at the largest N without those test images |
| `classes`, `test_images`, `data_source`, `data_hash` | the data behind the row |

`curves.csv` has one row per task x backbone x arm x N: `seeds`, `accuracy`, `low`, `high`, `failed`
trials, and how many trials had `levelled_off` in training loss.
"""


def write(
    boards: Sequence[Board], tasks: Mapping[str, Task], choices: Choices, out: Path
) -> list[Path]:
    """Writes all files to ``out`` and returns their paths.

    ``tasks`` supplies domains by name, ``choices`` says how learning rates were chosen.
    """
    development = {name for name, task in tasks.items() if task.development}
    pages = {
        out / "README.md": _page(boards, tasks),
        out / "claims.md": claims_page.page(boards, development),
        out / "recipes.md": recipes_page.page(boards, choices, development),
        out / "leaderboard.csv": csv_files.csv_text(csv_files.leaderboard_rows(boards)),
        out / "curves.csv": csv_files.csv_text(csv_files.curve_rows(boards)),
    }
    pages |= {out / figure_name(board): plots.accuracy_figure(board) for board in boards}
    for path, text in pages.items():
        files.write(path, text)
    return list(pages)


def figure_name(board: Board) -> str:
    """Where a board's figure lies, relative to the page."""
    return f"figures/{board.task}--{board.backbone}.svg"


def _page(boards: Sequence[Board], tasks: Mapping[str, Task]) -> str:
    if not boards:
        return _INTRO + "\nThere are no records yet.\n"
    ordered = sorted(boards, key=lambda b: (_is_development(b, tasks), b.task, b.backbone))
    others = _others(boards)
    parts = [_INTRO, _summary(ordered, FINETUNE, tasks), _labels(ordered, tasks)]
    parts += [_in_short(ordered, tasks), _MORE]
    for arm in others:
        parts += [_heading(boards, arm), _summary(ordered, arm, tasks)]
    if longer := tables.longer_table(ordered, FINETUNE):
        parts += [_LONGER, longer + "\n"]
    parts += [_READING, _surprises(ordered)]
    parts += [_section(board, tasks) for board in ordered]
    parts += [_reproducing(ordered, tasks), _HARDWARE, tables.hours_table(boards) + "\n"]
    return "\n".join([*parts, _COLUMNS])


def _others(boards: Sequence[Board]) -> list[str]:
    """Arms but fine-tuning that are compared with scratch; those that are pretraining first."""
    compared = {arm for board in boards for arm in board.comparisons} - {FINETUNE}
    return sorted(compared, key=lambda arm: (not _is_pretraining(boards, arm), arm))


def _is_pretraining(boards: Sequence[Board], arm: str) -> bool:
    return any(board.arms[arm].pretrained for board in boards if arm in board.arms)


def _heading(boards: Sequence[Board], arm: str) -> str:
    if _is_pretraining(boards, arm):
        return f"## The same for the arm `{arm}`\n"
    return f"## The arm `{arm}`, which is no pretraining, against scratch\n"


def _is_development(board: Board, tasks: Mapping[str, Task]) -> bool:
    return board.task in tasks and tasks[board.task].development


def _summary(boards: Sequence[Board], arm: str, tasks: Mapping[str, Task]) -> str:
    header = ["task", "domain", "backbone", "N\\*", "interval", "gain at N=1", "N=10", "N=100"]
    rows = [_summary_row(board, arm, tasks) for board in boards if arm in board.comparisons]
    if not rows:
        return f"No record compares `{arm}` with scratch yet.\n"
    return tables.aligned([*header, "labels worth at N=10", "certificate"], rows) + "\n"


def _summary_row(board: Board, arm: str, tasks: Mapping[str, Task]) -> list[str]:
    comparison = board.comparisons[arm]
    verdict = comparison.verdict
    return [
        board.task + (" (development)" if _is_development(board, tasks) else ""),
        tasks[board.task].domain if board.task in tasks else "",
        board.backbone,
        tables.marked_stops_at(board, arm),
        words.bounds(verdict),
        *(tables.marked_gain_at(board, arm, n) for n in csv_files.GAIN_COLUMNS_AT),
        tables.marked_labels_worth(board, arm, 10),
        words.certificate_status(comparison),
    ]


def _labels(boards: Sequence[Board], tasks: Mapping[str, Task]) -> str:
    """What each backbone is, and what a development task is."""
    labels = {board.backbone: board.label for board in boards}
    lines = [f"- `{name}`: {label}" for name, label in sorted(labels.items()) if label != name]
    if any(_is_development(board, tasks) for board in boards):
        lines.append("- (development): learning rates were chosen on training images of this task")
    if any(p.unfinished for b in boards if SCRATCH in b.arms for p in b.arms[SCRATCH].points):
        lines.append(_UNFINISHED)
    return "\n".join([*lines, ""])


def _in_short(boards: Sequence[Board], tasks: Mapping[str, Task]) -> str:
    development = {board.task for board in boards if _is_development(board, tasks)}
    lines = [f"- {line}" for line in in_short.in_short(boards, development)]
    return "\n".join(["In short, without development tasks:\n", *lines, ""]) if lines else ""


def _surprises(boards: Sequence[Board]) -> str:
    lines = [_SURPRISES]
    for kind, found in surprises(boards).items():
        lines += [f"**{kind}:**" if found else f"**{kind}:** nowhere.", ""]
        lines += [f"- {line}" for line in found]
        lines += [""] if found else []
    return "\n".join(lines)


def _reproducing(boards: Sequence[Board], tasks: Mapping[str, Task]) -> str:
    commands = [reproduce.command(board, tasks.get(board.task)) for board in boards]
    return "\n".join([_REPRODUCING, "```", *commands, "```", ""])


def _section(board: Board, tasks: Mapping[str, Task]) -> str:
    title = tasks[board.task].title if board.task in tasks else board.task
    lines = [
        f"## {title}: {board.label}",
        "",
        f"![accuracy against images per class]({figure_name(board)})",
        "",
        *(f"- {line}" for line in tables.verdict_lines(board)),
        *(f"- note: {note}" for note in words.notes(board)),
        "",
        f"Test accuracy in %, {board.data.image_size} px, {board.data.test_images} test images "
        f"({board.data.source}).",
        "",
        tables.accuracy_table(board),
        "",
    ]
    if board.comparisons:
        lines += [tables.effective_table(board), ""]
    if retrials := tables.retrial_table(board):
        lines += [
            "The deciding cells under other recipes, mean over seeds, in points:",
            "",
            retrials,
        ]
    return "\n".join([*lines, ""])
