"""Writes the leaderboard's files: ``README.md``, ``leaderboard.csv``, ``curves.csv``, figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark import plots, tables
from benchmark.leaderboard import Board
from benchmark.tasks import Task

_INTRO = """# Results

From how many images per class on does an ImageNet-pretrained backbone stop helping? Everything on
this page comes from the records in `records/`; `make leaderboard` builds it again.
"""

_READING = """## How to read a verdict

Both arms are trained on the same images. The **gain** at N images per class is the accuracy of the
pretrained arm less that of scratch, in points, averaged over seeds; the brackets are a 95% interval
over seeds and test images. A gain that is not above the **margin** counts as no help.

- *stops at N\\* [lo, hi]*: below lo images per class pretraining helps; above hi it no longer does;
  N\\* is the best single guess.
- *still helps at the largest N*: the crossover lies beyond the data that there are.
- *never helps*: no N on the grid has a gain above the margin.
- *hurts from N on*: from there on scratch is better by more than the margin.
- *undecided*: the interval does not settle it; more seeds or more N may.

The **certificate** says whether the verdict survives other recipes. `make audit` runs the deciding
cells again with twice the steps, with the learning rate times 3 and divided by 3, and with the
whole budget where trainings at the floor of their loss end early, for both arms. If a better
setting moves the verdict, it is void: it rested on an arm that was trained badly.

**Labels worth** x3 at N=10 means that scratch needs about 30 images per class to reach what the
pretrained arm reaches with 10 (effective images, Hernandez et al. 2021).
"""

_COLUMNS = """## Columns of `leaderboard.csv`

One row per task x backbone x arm. Accuracies and gains are shares (0..1), lows and highs bound 95%
intervals, and an empty cell means that there is no such number.

| column | meaning |
| --- | --- |
| `task`, `backbone`, `arm` | what was run; the backbone's name as timm knows it, or its folder's |
| `image_size` | side of the square input in pixels |
| `smallest_n`, `largest_n` | ends of the grid of images per class |
| `fewest_seeds` | seeds that succeeded at the N with the fewest |
| `records`, `failed` | trials that the row rests on, and how many of them failed |
| `accuracy_at_largest_n`, `accuracy_low`, `accuracy_high` | test accuracy at the largest N |
| `verdict` | `stops`, `helps_throughout`, `never_helps`, `hurts`, `undecided`; empty for scratch |
| `crossover`, `crossover_low`, `crossover_high` | N\\* in images per class; an empty end is open |
| `certificate` | `holds`, `void: ...`, `incomplete` or `not audited`; see *How to read a verdict* |
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


def write(boards: Sequence[Board], tasks: dict[str, Task], out: Path) -> list[Path]:
    """Writes all files to ``out`` and returns their paths. ``tasks`` supplies domains by name."""
    (out / "figures").mkdir(parents=True, exist_ok=True)
    files = {
        out / "README.md": _page(boards, tasks),
        out / "leaderboard.csv": tables.csv_text(tables.leaderboard_rows(boards)),
        out / "curves.csv": tables.csv_text(tables.curve_rows(boards)),
    }
    files |= {out / figure_name(board): plots.accuracy_figure(board) for board in boards}
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def figure_name(board: Board) -> str:
    """Where a board's figure lies, relative to the page."""
    return f"figures/{board.task}--{board.backbone}.svg"


def _page(boards: Sequence[Board], tasks: dict[str, Task]) -> str:
    if not boards:
        return _INTRO + "\nThere are no records yet.\n"
    parts = [_INTRO, _summary(boards, tasks), _READING]
    parts += [_section(board, tasks) for board in boards]
    return "\n".join([*parts, _COLUMNS])


def _summary(boards: Sequence[Board], tasks: dict[str, Task]) -> str:
    header = ["task", "domain", "backbone", "arm", "verdict", "gain at N=1", "N=10", "N=100"]
    rows = [_summary_row(board, arm, tasks) for board in boards for arm in board.comparisons]
    return tables.aligned([*header, "labels worth at N=10", "certificate"], rows) + "\n"


def _summary_row(board: Board, arm: str, tasks: dict[str, Task]) -> list[str]:
    comparison = board.comparisons[arm]
    gains = {g.images_per_class: g for g in comparison.verdict.gains}
    shown = [
        tables.percent(gains[n].mean, gains[n].low, gains[n].high, sign=True) if n in gains else ""
        for n in tables.GAIN_COLUMNS_AT
    ]
    task = tasks.get(board.task)
    return [
        board.task + (" (development)" if task and task.development else ""),
        task.domain if task else "",
        board.label,
        arm,
        tables.verdict_text(comparison.verdict),
        *shown,
        tables.labels_worth(comparison.effective, 10),
        tables.certificate_text(comparison),
    ]


def _section(board: Board, tasks: dict[str, Task]) -> str:
    title = tasks[board.task].title if board.task in tasks else board.task
    lines = [
        f"## {title}: {board.label}",
        "",
        f"![accuracy against images per class]({figure_name(board)})",
        "",
        *(f"- {line}" for line in tables.verdict_lines(board)),
        *(f"- note: {note}" for note in board.notes),
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
