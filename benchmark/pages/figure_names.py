"""What figures and folders are called, so that none takes the place of one that shows more."""

from __future__ import annotations

import re

from benchmark.analysis.board import Board
from benchmark.defaults import ARMS
from benchmark.errors import one_line
from benchmark.files import digest
from benchmark.tasks.definition.schema import Task

FOLDER = "figures"
"""Beside the page or the folder of records."""

_SEPARATOR = re.compile(r"[/\\]")
_LONGEST = 200
"""Bytes; a file's name may have 255."""


def of_all(board: Board, task: Task | None) -> str:
    """Where the figure of all that is stored lies, relative to the page, always below `FOLDER`.

    It says its image size where that is not the task's own.
    """
    return _path(board, *_size(board, task))


def of_run(board: Board, task: Task) -> str:
    """Where the figure of what a command selected lies; never where one of `of_all` does.

    It says what is not as it is unless told otherwise, and always how many seeds there are.
    """
    sizes = board.sizes
    arms, grid = sorted(board.arms), sorted(task.images_per_class)
    planned = len(arms) * sum(board.seeds.values())
    trials = sum(effort.trials for effort in board.efforts)
    said = [
        *_size(board, task),
        *(["+".join(arms)] if arms != sorted(ARMS) else []),
        *([f"n{'+'.join(map(str, sizes))}"] if sizes != grid else []),
        f"{_seeds(board)}-seeds",
        *([f"{trials}-of-{planned}-trials"] if trials != planned else []),
    ]
    return _path(board, *said)


def _seeds(board: Board) -> str:
    fewest, most = min(board.seeds.values()), max(board.seeds.values())
    return str(most) if fewest == most else f"{fewest}-to-{most}"


def _size(board: Board, task: Task | None) -> list[str]:
    size = board.data.image_size
    is_usual = size == task.image_size if task else not board.several_sizes
    return [] if is_usual else [f"{size}px"]


def _path(board: Board, *said: str) -> str:
    return f"{FOLDER}/{file(board.task, board.backbone, *said)}.svg"


def file(*parts: str) -> str:
    """A file's or folder's name, without an ending, that says all of the ``parts``.

    However strange or long these are: it is no path, and no longer than a file's name may be.
    """
    name = _SEPARATOR.sub("_", one_line("--".join(parts)))
    whole = name.encode()
    if len(whole) <= _LONGEST:
        return name
    return f"{whole[: _LONGEST - 14].decode(errors='ignore')}--{digest(name)[:12]}"
