"""Tables that ``datasets`` loaded: a split of them, its columns checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmark.errors import nearest
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.pictures.images import Picture
from benchmark.tasks.reading import cells, split_names
from benchmark.tasks.reading.cells import Folder
from benchmark.tasks.reading.parts import Part, Reading, Refusal

Table = Any
"""A ``datasets.Dataset``, which has no type here, for it is imported late."""


def reading(
    data: Data, splits: Mapping[str, Table], folder: Folder | None, refuse: Refusal
) -> Reading:
    """The training and, unless it is to be cut, the test split out of ``splits``.

    ``folder`` is None where images lie elsewhere. Raises `UserError` for a split or column that is
    missing or of a wrong kind.
    """
    chosen = split_names.choose(list(splits), "splits", data, refuse)
    train = _part(data, {name: splits[name] for name in chosen.train}, folder, refuse)
    if chosen.test is None:
        return Reading(train, None, notes=chosen.notes)
    test = _part(data, {chosen.test: splits[chosen.test]}, folder, refuse)
    return Reading(train, test, notes=chosen.notes)


def _part(data: Data, tables: Mapping[str, Table], folder: Folder | None, refuse: Refusal) -> Part:
    """One split, or several that are joined."""
    import datasets

    wanted = columns(data)
    for name, table in tables.items():
        check_columns(name, table.column_names, wanted, refuse)
    chosen = [table.select_columns(wanted) for table in tables.values()]
    try:
        table = chosen[0] if len(chosen) == 1 else datasets.concatenate_datasets(chosen)
    except ValueError as error:
        raise refuse(
            f"the splits {'+'.join(tables)} cannot be joined: their columns differ",
            "give them columns of the same kind, and the same classes in the same order",
        ) from error
    feature = table.features[data.label_column]
    names = tuple(feature.names) if isinstance(feature, datasets.ClassLabel) else None
    kind = "class labels" if names is not None else _kind(_dtype(feature), data, refuse)
    return Part(
        list(table[data.label_column]),
        kind,
        _pictures(table, data.image_column, f"{'+'.join(tables)} row", folder, refuse),
        names,
        list(table[data.group]) if data.group else None,
    )


def columns(data: Data) -> list[str]:
    """The columns that are read."""
    return [data.image_column, data.label_column, *([data.group] if data.group else [])]


def check_columns(place: str, there: list[str], wanted: list[str], refuse: Refusal) -> None:
    """Raises `UserError` for a wanted column that ``place`` has not."""
    for column in wanted:
        if column not in there:
            raise refuse(
                f"{place!r} has no column {column!r}{nearest(column, there)}",
                f"the columns are: {', '.join(there)}; set 'image_column', 'label_column' or "
                "'group'",
            )


def _kind(dtype: str, data: Data, refuse: Refusal) -> str:
    kinds = {"int": "whole numbers", "uint": "whole numbers", "float": "whole numbers"}
    kinds |= {"string": "text", "large_string": "text", "string_view": "text", "bool": "text"}
    kind = kinds.get(dtype) or kinds.get(dtype.rstrip("0123456789"))
    if kind is None:
        raise refuse(
            f"column {data.label_column!r} cannot be a label, for it holds {dtype}",
            "labels are class labels, whole numbers, true or false, or text; set 'label_column'",
        )
    return kind


def _pictures(
    table: Table, column: str, row: str, folder: Folder | None, refuse: Refusal
) -> Callable[[int], Picture]:
    import datasets

    feature = table.features[column]
    if isinstance(feature, datasets.Image):
        table = table.cast_column(column, datasets.Image(decode=False))
    elif not isinstance(feature, dict) and not _is_content(_dtype(feature)):
        raise refuse(
            f"column {column!r} holds {_dtype(feature)}, not images",
            "set 'image_column' to a column of encoded images, or of paths of image files",
        )
    return lambda i: cells.picture(table[i][column], f"{row} {i}", folder, refuse)


def _is_content(dtype: str) -> bool:
    return dtype.removeprefix("large_").startswith(("string", "binary"))


def _dtype(feature: object) -> str:
    return str(getattr(feature, "dtype", feature))
