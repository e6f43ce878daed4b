"""What others published about tasks of the suite, beside what the records say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE, SCRATCH, Board
from benchmark.pages import escape, printer, tables, words

_FURTHEST = 2.0
"""Times as many images per class, or as few, that a number may still be held against."""


@dataclass(frozen=True)
class Published:
    """A number of somebody else's."""

    task: str
    number: str
    """What it is a number of."""
    value: str
    """In percent or, signed, in points."""
    images_per_class: int
    made_with: str
    source: str
    here: Callable[[Board, int], str]
    """The same of a board at N; empty where it has none."""


def _scratch(board: Board, images_per_class: int) -> str:
    arm = board.arms.get(SCRATCH)
    point = arm and arm.point(images_per_class)
    return tables.accuracy_text(point) if point else ""


def _gain(board: Board, images_per_class: int) -> str:
    return tables.marked_gain_at(board, FINETUNE, images_per_class)


_VTAB = "VTAB-1k (Zhai et al. 2019)"
"""From-Scratch and Sup-100% in docs/data/results.csv of google-research/task_adaptation."""
_OF_SCRATCH, _OF_IMAGENET = "accuracy of scratch", "gain from ImageNet-1k"

PUBLISHED = (
    Published("eurosat", _OF_SCRATCH, "85.0", 100, "ResNet-50, 224 px", _VTAB, _scratch),
    Published("eurosat", _OF_IMAGENET, "+10.4", 100, "ResNet-50, 224 px", _VTAB, _gain),
    Published(
        "dtd10", _OF_IMAGENET, "+45.4", 21, "ResNet-50, 224 px, all 47 classes", _VTAB, _gain
    ),
    Published("flowers", _OF_IMAGENET, "+48.4", 10, "ResNet-50, 224 px, 102 species", _VTAB, _gain),
)
"""Those of data sets that are the same here, or akin: networks and sizes of image differ."""


def table(boards: Sequence[Board]) -> str:
    """A row for each number and each board that has one to hold against it; empty without any."""
    header = ["task", "number", "published", "with", "source", "here", "backbone"]
    rows = [
        [*_words(one), shown, escape.text(board.backbone) + words.protocol_mark(board)]
        for one in PUBLISHED
        for board, shown in _held_against(one, boards)
    ]
    return printer.markdown(header, rows) if rows else ""


def _words(one: Published) -> list[str]:
    value = f"{one.value} at N={one.images_per_class}"
    return [one.task, one.number, value, one.made_with, one.source]


def _held_against(one: Published, boards: Sequence[Board]) -> Iterator[tuple[Board, str]]:
    for board in boards:
        if board.task == one.task:
            known = [n for n in board.sizes if one.here(board, n)]
            nearest = min(known, key=lambda n: _apart(n, one), default=None)
            if nearest is not None and _apart(nearest, one) <= math.log(_FURTHEST):
                yield board, f"{one.here(board, nearest)} at N={nearest}"


def _apart(images_per_class: int, one: Published) -> float:
    return abs(math.log(images_per_class / one.images_per_class))
