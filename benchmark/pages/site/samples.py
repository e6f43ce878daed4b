"""A few of a task's training images, small enough to be part of the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmark.analysis.board import Board
from benchmark.errors import UserError, one_line
from benchmark.records.record import DataFacts
from benchmark.tasks import data
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.sources import find as sources

MOST = 8
_SIDE = 64
"""Pixels; larger ones are shrunk."""
_QUALITY = 70


@dataclass(frozen=True)
class Sample:
    """A training image."""

    class_name: str
    address: str
    """A ``data:`` address with the image in it."""


def of_boards(boards: Iterable[Board], tasks: Mapping[str, Task]) -> dict[str, list[Sample]]:
    """Task -> its samples, for the data of its last board."""
    facts = {board.task: board.data for board in boards if board.task in tasks}
    return {name: samples(tasks[name], of_task) for name, of_task in facts.items()}


def samples(task: Task, facts: DataFacts) -> list[Sample]:
    """The first training image of each class, or of `MOST` of them, spread over all.

    None unless the images are at hand and those that the records rest on: nothing is downloaded.
    """
    try:
        if sources.find(task).remote:
            return []
        found = data.load(task, facts.image_size)
    except UserError:
        return []
    return _of_classes(found) if found.hash == facts.hash else []


def _of_classes(found: data.Dataset) -> list[Sample]:
    classes, first = np.unique(found.train.labels, return_index=True)
    spread = np.linspace(0, len(classes) - 1, min(MOST, len(classes))).round().astype(int)
    return [
        Sample(one_line(found.class_names[classes[i]]), _address(found.train.images[first[i]]))
        for i in spread
    ]


def _address(pixels: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]) -> str:
    image = Image.fromarray(pixels.transpose(1, 2, 0))
    image.thumbnail((_SIDE, _SIDE))
    content = io.BytesIO()
    image.save(content, "WEBP", quality=_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"
