"""The gain over tasks and N: for a chart, and as the table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmark.analysis.board import Board
from benchmark.errors import one_line
from benchmark.pages import tables, words
from benchmark.pages.printer import Grid
from benchmark.pages.site.rows import key
from benchmark.pages.site.series import percent


def cells(boards: Sequence[Board]) -> list[dict[str, Any]]:
    """The gain of each arm on each board at each N, as JSON values."""
    return [
        {
            "board": key(board),
            "row": f"{one_line(words.task_name(board))}\n{one_line(board.backbone)}",
            "task": one_line(board.task),
            "backbone": one_line(board.backbone),
            "arm": one_line(arm),
            "n": gain.images_per_class,
            "gain": percent(gain.mean),
            "shown": tables.marked_gain_at(board, arm, gain.images_per_class),
            "sure": _is_sure(gain.low, gain.high, comparison.verdict.margin),
        }
        for board in boards
        for arm, comparison in board.comparisons.items()
        for gain in comparison.verdict.gains
    ]


def _is_sure(low: float | None, high: float | None, margin: float) -> bool:
    """Whether the interval lies wholly beyond the margin, on either side of zero."""
    return low is not None and high is not None and (low > margin or high < -margin)


def grid(boards: Sequence[Board], arm: str) -> Grid:
    """The same as a table, in whose first column stands the board's key."""
    compared = [board for board in boards if arm in board.comparisons]
    gains = [board.comparisons[arm].verdict.gain_at for board in compared]
    sizes = sorted({n for measured in gains for n in measured})
    rows = [
        [key(board), *(tables.marked_gain_at(board, arm, n) for n in sizes)] for board in compared
    ]
    return ["task/backbone", *map(str, sizes)], rows
