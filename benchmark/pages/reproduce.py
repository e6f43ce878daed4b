"""The command that makes a board's records again, on another machine."""

from __future__ import annotations

import re

from benchmark import defaults
from benchmark.analysis.board import Board
from benchmark.defaults import BUNDLED, MARGIN
from benchmark.records.backbone_names import architecture_of_checkpoint
from benchmark.tasks.definition.schema import Task

_PLAIN = re.compile(r"[\w.:/+-]+")


def command(board: Board, task: Task | None) -> str:
    """``make bench`` with what the records say: task, backbone, arms, N, seeds.

    Empty where a name is none that a shell would leave alone: nobody should run such a line.
    """
    if not all(map(_PLAIN.fullmatch, (board.task, askable_name(board), *board.arms))):
        return ""
    options = {
        "task": board.task,
        "backbone": askable_name(board),
        "arms": f'"{" ".join(board.arms)}"',
        **_sizes_and_seeds(board),
    }
    if task is None or task.image_size != board.data.image_size:
        options["image-size"] = str(board.data.image_size)
    margins = {comparison.verdict.margin for comparison in board.comparisons.values()}
    if margins - {MARGIN}:
        options["margin"] = f"{max(margins):g}"
    options["records"] = "results/local/again/records"
    given = [f"{defaults.option(name)}={value}" for name, value in options.items()]
    return " ".join([defaults.COMMAND, "bench", *given])


def _sizes_and_seeds(board: Board) -> dict[str, str]:
    counts = set(board.seeds.values())
    if len(counts) > 1:
        return {"seeds": f'"{" ".join(f"{n}:{count}" for n, count in board.seeds.items())}"'}
    return {"n": f'"{" ".join(map(str, board.sizes))}"', "seeds": str(*counts)}


def askable_name(board: Board) -> str:
    """What to give as the backbone: records carry the name of a folder without its path.

    timm's and the hub's networks are labelled by the name that was asked for, folders by their
    description.
    """
    if board.backbone == BUNDLED:
        return BUNDLED
    if architecture := architecture_of_checkpoint(board.backbone):
        return f"checkpoint:{architecture}:FILE"
    asked = board.label.removeprefix("hf-hub:").replace("/", "--")
    return board.label if asked == board.backbone else f"local-dir:FOLDER/{board.backbone}"
