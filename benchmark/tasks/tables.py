"""Tables that ``datasets`` loaded become pictures with labels; all that may be wrong is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.errors import UserError, nearest
from benchmark.tasks.images import Picture
from benchmark.tasks.raw import Labels, Raw, RawSplit, own_split
from benchmark.tasks.schema import Data, Task

Table = Any
"""A ``datasets.Dataset``, which has no type here, for it is imported late."""


@dataclass(frozen=True)
class Folder:
    """Local files: what they must not leave, and what paths in a column are relative to."""

    root: Path
    base: Path


def raw_data(task: Task, data: Data, splits: dict[str, Table], folder: Folder | None) -> Raw:
    """The training and the test split out of ``splits``, as ``data`` names or cuts them.

    ``folder`` is None where images lie elsewhere. Raises `UserError` for a split or column that is
    missing or of a wrong kind, labels that are missing, and classes that lack images on a side.
    """
    train = _table(task, splits, data.train_split, data)
    if data.test_fraction is not None:
        tables = [train]
    else:
        tables = [train, _table(task, splits, data.test_split or "test", data)]
    named = [
        _named_labels(task, split, table, data)
        for split, table in zip(("training", "test"), tables, strict=False)
    ]
    names, labels = _classes(task, named)
    parts = [
        RawSplit(of, _pictures(task, table, data.image_column, folder))
        for of, table in zip(labels, tables, strict=True)
    ]
    if data.test_fraction is not None:
        parts = own_split(parts[0], data.test_fraction, data.split_seed)
    _check_classes(task, names, parts[0].labels, parts[1].labels)
    return Raw(parts[0], parts[1], names)


def _table(task: Task, splits: dict[str, Table], wanted: str, data: Data) -> Table:
    """The split, or the splits joined by ``+``, with the two columns that count."""
    import datasets

    parts = []
    for name in wanted.split("+"):
        if name not in splits:
            raise UserError(
                f"task {task.name!r}: there is no split {name!r}{nearest(name, list(splits))}",
                where=task.file,
                mend=f"the splits are: {', '.join(splits)}; name one under 'data', "
                "or cut a test split from the training images with 'test_fraction'",
            )
        for column in (data.image_column, data.label_column):
            _check_column(task, name, column, splits[name].column_names)
        parts.append(splits[name].select_columns([data.image_column, data.label_column]))
    try:
        return parts[0] if len(parts) == 1 else datasets.concatenate_datasets(parts)
    except ValueError as error:
        raise UserError(
            f"task {task.name!r}: the splits {wanted} cannot be joined: their columns differ",
            where=task.file,
            mend="give them columns of the same kind, and the same classes in the same order",
        ) from error


def _check_column(task: Task, split: str, column: str, known: list[str]) -> None:
    if column not in known:
        raise UserError(
            f"task {task.name!r}: split {split!r} has no column {column!r}{nearest(column, known)}",
            where=task.file,
            mend=f"the columns are: {', '.join(known)}; set 'image_column' or 'label_column'",
        )


@dataclass(frozen=True)
class _NamedLabels:
    kind: str
    values: list[Any]
    names: tuple[str, ...] | None
    """Set where the data themselves say which classes there are, and in which order."""


def _named_labels(task: Task, split: str, table: Table, data: Data) -> _NamedLabels:
    import datasets

    feature, values = table.features[data.label_column], list(table[data.label_column])
    names = tuple(feature.names) if isinstance(feature, datasets.ClassLabel) else None
    for row, value in enumerate(values):
        fault = _fault(value, names)
        if fault:
            raise UserError(
                f"task {task.name!r}: row {row} of the {len(values)} in the {split} split {fault} "
                f"({data.label_column} is {value!r})",
                where=task.file,
                mend="give it a class, or remove the row",
            )
    kind = _kind(task, _dtype(feature), data.label_column) if names is None else "class labels"
    return _NamedLabels(kind, values, names)


def _fault(label: int | float | str | None, names: tuple[str, ...] | None) -> str | None:
    if label is None or label == "":
        return "has no label"
    if isinstance(label, int | float) and not label >= 0:  # true of NaN too
        return "has no label"
    if names is not None and isinstance(label, int) and label >= len(names):
        return f"has a label beyond the {len(names)} classes"
    return None


def _kind(task: Task, dtype: str, column: str) -> str:
    if dtype.startswith(("int", "uint")):
        return "whole numbers"
    if dtype in ("string", "large_string"):
        return "text"
    raise UserError(
        f"task {task.name!r}: column {column!r} cannot be a label, for it holds {dtype}",
        where=task.file,
        mend="labels are class labels, whole numbers or text; set 'label_column'",
    )


def _classes(task: Task, tables: list[_NamedLabels]) -> tuple[tuple[str, ...], list[Labels]]:
    """Class names (text sorted, numbers by size), and each table's labels as their positions."""
    if len({table.kind for table in tables}) > 1 or len({table.names for table in tables}) > 1:
        raise UserError(
            f"task {task.name!r}: training and test split disagree on the classes: "
            + " against ".join(_shown(table) for table in tables),
            where=task.file,
            mend="give both splits the same classes in the same order",
        )
    if tables[0].names is not None:
        return tables[0].names, [np.array(table.values, np.int64) for table in tables]
    known = sorted({value for table in tables for value in table.values})
    position = {value: i for i, value in enumerate(known)}
    labels = [np.array([position[v] for v in table.values], np.int64) for table in tables]
    return tuple(str(value) for value in known), labels


def _shown(table: _NamedLabels) -> str:
    names = table.names or sorted({str(value) for value in table.values})
    return f"{table.kind} ({', '.join(names[:12])}{', ...' * (len(names) > 12)})"


def _check_classes(task: Task, names: Sequence[str], train: Labels, test: Labels) -> None:
    in_train, in_test = (np.bincount(labels, minlength=len(names)) for labels in (train, test))
    faults = [
        f"class {name!r} has {'test images but ' * bool(in_test[i])}no training images"
        if not in_train[i]
        else f"class {name!r} has no test images"
        for i, name in enumerate(names)
        if not (in_train[i] and in_test[i])
    ]
    if len(names) < 2:
        faults = [f"there are fewer than two classes: {', '.join(names) or 'none'}"]
    if faults:
        shown = "; ".join(faults[:10]) + f"; and {len(faults) - 10} more" * (len(faults) > 10)
        raise UserError(
            f"task {task.name!r}: {shown}",
            where=task.file,
            mend="every class needs images in the training and in the test split",
        )


def _pictures(
    task: Task, table: Table, column: str, folder: Folder | None
) -> Callable[[int], Picture]:
    import datasets

    feature = table.features[column]
    if isinstance(feature, datasets.Image):
        table = table.cast_column(column, datasets.Image(decode=False))
    elif not isinstance(feature, dict) and not _is_content(_dtype(feature)):
        raise UserError(
            f"task {task.name!r}: column {column!r} holds {_dtype(feature)}, not images",
            where=task.file,
            mend="set 'image_column' to a column of encoded images, or of paths of image files",
        )
    return lambda i: _picture(task, table[i][column], i, folder)


def _is_content(dtype: str) -> bool:
    return dtype.removeprefix("large_").startswith(("string", "binary"))


def _dtype(feature: object) -> str:
    return str(getattr(feature, "dtype", feature))


def _picture(task: Task, cell: object, row: int, folder: Folder | None) -> Picture:
    content, path = cell, cell
    if isinstance(cell, dict):
        content, path = cell.get("bytes"), cell.get("path")
    if isinstance(content, bytes):
        name = f" ({path})" if isinstance(path, str) and not Path(path).is_absolute() else ""
        return Picture(content, f"row {row}{name}")
    if not isinstance(path, str) or not path:
        return Picture(b"", f"row {row}")
    if folder is None:
        return Picture(Path(path), f"row {row}")
    file = folder.base / path
    check_inside(file, folder.root, task)
    return Picture(file, os.path.relpath(file, folder.root))


def check_inside(path: Path, root: Path, task: Task) -> None:
    """Raises `UserError` for a path that leads out of ``root``, links followed, or to nothing."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise UserError(
            f"{os.path.relpath(path, root)} leads out of the task's folder",
            where=task.file,
            mend="copy the files into the folder; links to elsewhere are not followed",
        )
    if path.is_symlink() and not path.exists():
        raise UserError(f"{os.path.relpath(path, root)} is a link to nothing", where=task.file)
