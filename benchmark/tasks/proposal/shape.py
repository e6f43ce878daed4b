"""How a folder of images is laid out, by the paths of its images alone. Pure."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from benchmark.defaults import option
from benchmark.errors import listed
from benchmark.tasks.proposal import splits
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.reading.split_names import kind_of

Paths = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Shape:
    """How the suite reads the folder."""

    below: str
    """The folder in it that holds everything; empty where it is the folder itself."""
    load: dict[str, Any]
    """Keys under ``load_dataset`` beside ``path`` and ``data_dir``."""
    data: dict[str, Any]
    """Keys under ``data``."""
    notes: tuple[str, ...]


def shape(images: Sequence[str], *, table: str | None, label: str | None, refuse: Refusal) -> Shape:
    """The shape of a folder with these ``images``, given by their paths in it.

    ``table``: the folder in it beneath which all tables that name classes lie; None where there are
    none, and folders name them. ``label``: what the key of that name says,
    where a person said it. Raises `UserError` where the folders leave open what is meant.
    """
    classed = table is None
    most = None if table is None else len(PurePosixPath(table).parts)
    below, paths = _descended([PurePosixPath(image).parts for image in images], most)
    notes = [f"all images lie in {below}/"] if below else []
    tops = sorted({parts[0] for parts in paths if len(parts) > (2 if classed else 1)})
    if tops and all(map(kind_of, tops)):
        data, more = splits.keys(tops, refuse)
        return Shape(below, {}, data | _label(label), (*notes, *more))
    if not classed:
        return Shape(below, {}, {}, tuple(notes))
    if all(len(parts) == 1 for parts in paths):
        raise refuse(
            "the images lie in no class folders",
            "put them into one folder for each class (CLASS/image.png), or name their classes in a "
            "table with the columns 'image' and 'label' and give the table",
        )
    if inner := _splits_inside_classes(paths):
        return _by_patterns(inner, paths, below, notes, refuse)
    if tops and label is None:
        raise _nested(paths, refuse)
    return Shape(below, {}, _label(label), tuple(notes))


def _label(label: str | None) -> dict[str, Any]:
    return {} if label is None else {"label": label}


def _descended(paths: Paths, most: int | None) -> tuple[str, Paths]:
    """Without the folders around the class folders: what a zip file was unpacked into, say.

    ``most``: how many folders may go; a table beside the images must stay with them.
    """
    below: list[str] = []
    while (
        len(below) != most
        and len({parts[0] for parts in paths}) == 1
        and all(len(parts) > 2 for parts in paths)
    ):
        below.append(paths[0][0])
        paths = [parts[1:] for parts in paths]
    return "/".join(below), paths


def _splits_inside_classes(paths: Paths) -> list[str]:
    """The folders of splits, where each class folder has its own: ``cat/train``, ``cat/test``."""
    inner = {parts[1] for parts in paths if len(parts) > 2}
    uniform = all(len(parts) == 3 for parts in paths)
    return sorted(inner) if uniform and len(inner) > 1 and all(map(kind_of, inner)) else []


def _by_patterns(
    inner: Sequence[str], paths: Paths, below: str, notes: Sequence[str], refuse: Refusal
) -> Shape:
    data, more = splits.keys(inner, refuse)
    named = [
        *data["train_split"].split("+"),
        *([data["test_split"]] if "test_split" in data else []),
    ]
    files = {name: [f"*/{glob.escape(name)}/*"] for name in named}
    return Shape(below, {"data_files": files}, data | _label("top"), (*notes, *more))


def _nested(paths: Paths, refuse: Refusal) -> Exception:
    nested = sorted({"/".join(parts[:-1]) for parts in paths if len(parts) > 2})
    first = nested[0].split("/")
    return refuse(
        f"class folders hold folders: {listed(nested, 4)}",
        f"say which folders name the class with {option('label')}=path (all of them: "
        f"{nested[0]!r}), =leaf (the last: {first[-1]!r}) or =top (the first: {first[0]!r})",
    )
