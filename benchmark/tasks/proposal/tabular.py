"""What a table, or a folder of tables, is: its kind, its splits, its columns."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from benchmark.errors import listed
from benchmark.tasks.pictures.images import is_image
from benchmark.tasks.proposal import splits
from benchmark.tasks.proposal.columns import Columns, Options, columns
from benchmark.tasks.proposal.tying import Tying
from benchmark.tasks.reading import arrow_files, rows, split_names
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.told_errors import explained, reason

ENDINGS = rows.ENDINGS | {"parquet": (".parquet",)}
"""Kind of table -> how its files end."""
_PACKED = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz")
_FIRST_ROWS = 20


@dataclass(frozen=True)
class Meant:
    """How the suite reads what a person named."""

    load: dict[str, Any]
    """Keys under ``load_dataset``."""
    data: dict[str, Any]
    """Keys under ``data``."""
    notes: tuple[str, ...] = ()
    tying: Tying = field(default_factory=Tying)


def of_folder(
    base: Path, top: str, files: Sequence[str], options: Options, refuse: Refusal
) -> Meant:
    """The folder ``top`` in ``base``, whose ``files`` are tables of one kind and no images.

    Raises `UserError` where they are not.
    """
    by_kind = {
        kind: [file for file in files if file.lower().endswith(endings)]
        for kind, endings in ENDINGS.items()
    }
    kinds = [kind for kind, found in by_kind.items() if found]
    if len(kinds) != 1:
        endings = sorted({PurePosixPath(file).suffix or "no dot" for file in files})
        raise refuse(
            "this folder holds no images" + ", and tables of several kinds" * bool(kinds),
            f"the files there end in {listed(endings)}; name another folder, or one table"
            if files
            else "name another folder: this one is empty",
        )
    (kind,) = kinds
    named = list(dict.fromkeys(split_names.of_file(file) for file in by_kind[kind]))
    data, notes = dict[str, Any](), list[str]()
    if any(map(split_names.kind_of, named)):
        data, notes = splits.keys(named, refuse)
    elif mixed := [name for name in named if _names_a_split(name)]:
        raise refuse(
            f"these tables may be splits, which are not to be mixed: {listed(mixed)}",
            "call the one with the test images test, the other one train; or name one table",
        )
    elif len(named) > 1:
        notes.append(f"{listed(named)} are taken for one set")
    first = str(PurePosixPath(top, by_kind[kind][0]))
    found = _columns(base, first, kind, options, refuse)
    load = {"path": kind, "data_dir": top}
    return Meant(load, data | found.keys, tuple(notes), found.tying)


def _names_a_split(name: str) -> bool:
    return any(map(split_names.kind_of, re.split(r"[\W_]+", name)))


def of_file(base: Path, top: str, options: Options, refuse: Refusal) -> Meant:
    """The table ``top`` in ``base``. Raises `UserError` for what is none."""
    kind = next((k for k, endings in ENDINGS.items() if top.lower().endswith(endings)), None)
    if kind is None:
        raise refuse(
            "this file is no table of images",
            "unpack it and name the folder"
            if top.lower().endswith(_PACKED)
            else "name a folder of images, or a table (.csv, .jsonl, .parquet)",
        )
    found = _columns(base, top, kind, options, refuse)
    load = {"path": kind, "data_files": {"train": [glob.escape(top)]}}
    return Meant(load, found.keys, (), found.tying)


def _columns(base: Path, file: str, kind: str, options: Options, refuse: Refusal) -> Columns:
    if kind == "parquet":
        arrow_files.check_ends(base, file, refuse)
        with explained(
            lambda error: refuse(f"{file} cannot be loaded: {reason(error)}", "copy it again")
        ):
            there = _parquet_columns(base / file)
    else:
        there = _text_columns(base, file, kind, refuse)
    return columns(list(there), there.__getitem__, options, refuse)


def _text_columns(base: Path, file: str, kind: str, refuse: Refusal) -> dict[str, bool]:
    """Column -> whether its cells are paths of images, or images."""
    table = rows.read(base, file, kind, ())
    if not table:
        raise refuse(f"{file}: this table has no rows", "name another one")
    if shown := next(filter(_shows_image, table[0].cells), None):
        raise refuse(
            f"{file}: the first row is taken for the names of columns, and holds an image: {shown}",
            "put a row above it that names the columns, such as image,label",
        )
    return {
        name: any(_shows_image(row.cells.get(name)) for row in table[:_FIRST_ROWS])
        for name in dict.fromkeys(column for row in table for column in row.cells)
    }


def _shows_image(cell: object) -> bool:
    return isinstance(cell, str) and (is_image(cell) or cell.startswith("data:image"))


def _parquet_columns(file: Path) -> dict[str, bool]:
    """As `_text_columns`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {field.name: field.type for field in pq.read_schema(file)}
    texts = (pa.types.is_string, pa.types.is_large_string)
    text = [name for name, kind in kinds.items() if any(of(kind) for of in texts)]
    batches = pq.ParquetFile(file).iter_batches(_FIRST_ROWS, columns=text)
    first = batch.to_pydict() if text and (batch := next(batches, None)) is not None else {}
    encoded = (pa.types.is_struct, pa.types.is_binary, pa.types.is_large_binary)
    return {
        name: any(of(kind) for of in encoded) or any(map(_shows_image, first.get(name, [])))
        for name, kind in kinds.items()
    }
