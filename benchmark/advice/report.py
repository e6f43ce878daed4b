"""The advice as files, all in one folder: text, numbers, figure, table, the images to look at."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmark import files
from benchmark.advice import tables as beside
from benchmark.advice import words
from benchmark.advice.contact_sheet import contact_sheet
from benchmark.advice.content import Advice
from benchmark.advice.looked import Looked
from benchmark.analysis.board import Board
from benchmark.errors import UserError
from benchmark.pages import csv_files, escape, figure_names, figures, tables, templates
from benchmark.pages.site.page import page
from benchmark.pages.site.samples import of_boards
from benchmark.tasks.definition.schema import Task

FOLDER = "advice"
"""Beside the folder of records."""

_FOR_THE_PAGE = ("altair", "vl_convert")
"""Optional: without them there is no page, and nothing is wrong."""

Told = Callable[[UserError], object]


def folder(records: Path, board: Board) -> Path:
    """Where the files of a board's advice lie."""
    name = figure_names.file(board.task, board.backbone, f"{board.data.image_size}px")
    return records.parent / FOLDER / name


def to_json(advice: Advice) -> str:
    """All numbers of the advice and its sentences."""
    said = dict(words.sections(advice))
    content = _finite(asdict(advice) | {"words": said})
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """Without infinite numbers, which JSON has not: degrees of freedom, say."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(
    advice: Advice, board: Board, task: Task, looked: Looked | None, out: Path, told: Told
) -> list[Path]:
    """Writes what can be made and returns the files; ``told`` learns of what cannot."""
    makers: list[tuple[str, Callable[[], str | bytes]]] = [
        ("advice.json", partial(to_json, advice)),
        ("accuracy.svg", partial(figures.accuracy_figure, board)),
        ("accuracy.png", partial(figures.accuracy_picture, board, "png")),
        ("accuracy.pdf", partial(figures.accuracy_picture, board, "pdf")),
        ("accuracy.csv", partial(csv_files.curves, [board])),
    ]
    if all(map(importlib.util.find_spec, _FOR_THE_PAGE)):
        makers.append(("page.html", partial(_page, board, task)))
    wrong = advice.caveats.always_wrong
    if wrong and looked is not None:
        makers.append(("always_wrong.png", partial(contact_sheet, wrong, looked)))
    made = list(_made(makers, out, told))
    there = {path.name for path in made}
    text = [("advice.md", partial(markdown, advice, board, there))]
    return [*_made(text, out, told), *made]


def markdown(advice: Advice, board: Board, there: Iterable[str]) -> str:
    """The page; ``there`` are the files beside it that can be shown."""
    return templates.render(
        "advice/advice.md.j2",
        advice=advice,
        sections=[(name, [*map(escape.text, said)]) for name, said in words.sections(advice)],
        table=tables.accuracy_table(board),
        tables=beside.tables(advice),
        there=set(there),
    )


def _page(board: Board, task: Task) -> str:
    known = {board.task: task}
    return page([board], known, of_boards([board], known))


def _made(
    makers: Sequence[tuple[str, Callable[[], str | bytes]]], out: Path, told: Told
) -> Iterable[Path]:
    for name, make in makers:
        try:
            files.write(out / name, make())
        except UserError as error:
            told(error)
        except Exception as error:  # matplotlib, say, raises its own
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            told(
                UserError(
                    f"cannot make this file: {reason}",
                    where=out / name,
                    mend="all else is written; remove what is in its way and run again",
                )
            )
        else:
            yield out / name
