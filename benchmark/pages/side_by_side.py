"""Several backbones on one task, beside each other: accuracy of fine-tuning and its gain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from benchmark.analysis.board import FINETUNE, Board
from benchmark.errors import one_line
from benchmark.pages import escape, printer, tables

ABOUT = (
    f"Test accuracy of `{FINETUNE}` in %, and its gain over scratch in points, on the same images."
)


def groups(boards: Sequence[Board]) -> list[list[Board]]:
    """Boards that can be compared, of several backbones each: same task, images and protocol."""
    alike: dict[Hashable, list[Board]] = defaultdict(list)
    for board in boards:
        if FINETUNE in board.comparisons:
            data = board.data
            key = board.task, board.protocol, data.hash, data.image_size
            alike[key].append(board)
    return [group for group in alike.values() if len(group) > 1]


def table(group: Sequence[Board]) -> str:
    """One row for each N that several of them have, and one for N*; of many backbones a column."""
    header = ["N"]
    for board in group:
        header += [escape.text(board.backbone), "gain"]
    counted = Counter(size for board in group for size in board.sizes)
    shared = [size for size in sorted(counted) if counted[size] > 1]
    rows = [[str(n), *(cell for board in group for cell in _cells(board, n))] for n in shared]
    rows.append(_row("N\\*", group, [tables.marked_stops_at(board, FINETUNE) for board in group]))
    rows.append(_row("pretrained on", group, [escape.text(b.pretrained_on) for b in group]))
    if len(header) > tables.WIDEST + 1:
        header, *rows = (list(line) for line in zip(header, *rows, strict=True))
    return printer.markdown(header, rows)


def _row(name: str, group: Sequence[Board], cells: Sequence[str]) -> list[str]:
    return [name, *(cell for i in range(len(group)) for cell in ("", cells[i]))]


def _cells(board: Board, images_per_class: int) -> tuple[str, str]:
    points = board.arms[FINETUNE].points
    at = [tables.accuracy_text(p) for p in points if p.images_per_class == images_per_class]
    return "".join(at), tables.marked_gain_at(board, FINETUNE, images_per_class)


def text(boards: Sequence[Board]) -> str:
    """What ``make bench`` prints at its end; empty where no task has several backbones."""
    return "\n\n".join(
        f"{one_line(group[0].task)}, backbones side by side. {ABOUT}\n\n{table(group)}"
        for group in groups(boards)
    )
