"""Boards of one task beside each other: several backbones, or several image sizes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from benchmark.analysis.board import FINETUNE, SCRATCH, Board
from benchmark.errors import one_line
from benchmark.pages import escape, printer, tables

ABOUT = (
    f"Test accuracy of `{FINETUNE}` in %, and its gain over scratch in points, on the same images."
)

Group = list[Board]


def of_backbones(boards: Sequence[Board]) -> list[Group]:
    """Boards of several backbones each that fine-tuning can be compared on.

    Same task, images and protocol.
    """
    compared = [board for board in boards if FINETUNE in board.comparisons]
    return _alike(compared, lambda b: (b.task, b.protocol, b.data.hash, b.data.image_size))


def of_sizes(boards: Sequence[Board]) -> dict[tuple[str, str], list[tuple[str, Group]]]:
    """Task and backbone -> each arm that was run at several image sizes, with boards by size.

    Of one protocol. Scratch is in the gains of the others, and by itself where nothing else is.
    """
    found: dict[tuple[str, str], list[tuple[str, Group]]] = {}
    for group in _alike(boards, lambda b: (b.task, b.protocol, b.backbone)):
        names = dict.fromkeys(name for board in group for name in board.arms)
        for arm in [name for name in names if name != SCRATCH] or names:
            ran = sorted((b for b in group if arm in b.arms), key=lambda b: b.data.image_size)
            if len(ran) > 1:
                found.setdefault((group[0].task, group[0].backbone), []).append((arm, ran))
    return found


def _alike(boards: Sequence[Board], key: Callable[[Board], Hashable]) -> list[Group]:
    alike: dict[Hashable, Group] = defaultdict(list)
    for board in boards:
        alike[key(board)].append(board)
    return [group for group in alike.values() if len(group) > 1]


def backbones_table(group: Sequence[Board]) -> str:
    """Fine-tuning's accuracy and gain, and what each backbone was pretrained on; see `_table`."""
    names = [escape.text(board.backbone) for board in group]
    learned = _row("pretrained on", [escape.text(board.pretrained_on) for board in group])
    return _table(group, names, FINETUNE, [learned])


def sizes_table(group: Sequence[Board], arm: str) -> str:
    """The arm's accuracy and gain at each image size; see `_table`."""
    return _table(group, [f"{board.data.image_size} px" for board in group], arm, [])


def _table(
    group: Sequence[Board], names: Sequence[str], arm: str, more: Sequence[list[str]]
) -> str:
    """One row for each N that several boards have, and one for N*; of many boards a column."""
    counted = Counter(point.images_per_class for board in group for point in board.arms[arm].points)
    shared = [size for size in sorted(counted) if counted[size] > 1]
    header = ["N", *(cell for name in names for cell in (name, "gain"))]
    rows = [[str(n), *(cell for board in group for cell in _cells(board, arm, n))] for n in shared]
    rows += [_row("N\\*", [tables.marked_stops_at(board, arm) for board in group]), *more]
    if len(header) > tables.WIDEST + 1:
        header, *rows = (list(line) for line in zip(header, *rows, strict=True))
    return printer.markdown(header, rows)


def _row(name: str, cells: Sequence[str]) -> list[str]:
    return [name, *(cell for shown in cells for cell in ("", shown))]


def _cells(board: Board, arm: str, images_per_class: int) -> tuple[str, str]:
    points = board.arms[arm].points
    at = [tables.accuracy_text(p) for p in points if p.images_per_class == images_per_class]
    return "".join(at), tables.marked_gain_at(board, arm, images_per_class)


def text(boards: Sequence[Board]) -> str:
    """What ``make bench`` prints at its end; empty where no task has several backbones."""
    return "\n\n".join(
        f"{one_line(group[0].task)}, backbones side by side. {ABOUT}\n\n{backbones_table(group)}"
        for group in of_backbones(boards)
    )
