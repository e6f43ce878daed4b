"""``metadata.csv`` and its kin inside an imagefolder: a table that names the classes of images."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from benchmark.errors import listed
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.pictures.images import is_image
from benchmark.tasks.reading import rows
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.reading.rows import Row
from benchmark.tasks.reading.walk import inside
from benchmark.tasks.unused import Unused

FILE_COLUMN = "file_name"
NAMES = {"metadata.csv": "csv", "metadata.jsonl": "json", "metadata.parquet": "parquet"}


@dataclass
class Sidecar:
    """What the tables say."""

    rows: dict[str, Row] = field(default_factory=dict)
    """Image -> its row. Empty: the folders name the classes."""
    unused: list[Unused] = field(default_factory=list)


def read(root: Path, files: Sequence[str], data: Data, refuse: Refusal) -> Sidecar:
    """The rows of all metadata files among ``files``.

    A row whose image is not there, or in no format that is read, is a fault of that image alone.
    Raises `UserError` for a table without the columns, for a row that names something outside the
    table's folder, and for two rows of one image.
    """
    images = {file for file in files if is_image(file)}
    found = Sidecar()
    for file in files:
        kind = NAMES.get(PurePosixPath(file).name)
        if kind is None:
            continue
        table = _parquet(root, file) if kind == "parquet" else rows.read(root, file, kind, ())
        if not table:
            found.unused.append(Unused(file, "a table without rows"))
        for row in table:
            image = _image(row, images, data, refuse)
            wrong = "has two rows" if image in found.rows else None
            if image not in images:
                wrong = wrong or _outside(root, image, posixpath.dirname(file))
            if wrong is not None:
                raise refuse(
                    f"{file}, line {row.line}: {image} {wrong}",
                    "each row names another image, relative to the table's own folder",
                )
            found.rows[image] = row
    if found.rows:
        without = images - found.rows.keys()
        found.unused += [Unused(image, "no metadata file has a row for it") for image in without]
    return found


def _image(row: Row, images: Collection[str], data: Data, refuse: Refusal) -> str:
    for column in (FILE_COLUMN, data.label_column, *([data.group] if data.group else [])):
        if column not in row.cells:
            raise refuse(
                f"{row.file} has no column {column!r}; its columns are: {listed([*row.cells])}",
                "this table stands in for class folders: add the column, or give the file another "
                "name where the folders name the classes",
            )
    folder = posixpath.dirname(row.file)
    given = str(row.cells[FILE_COLUMN])
    # Programs on Windows write backslashes.
    spelt = [
        posixpath.normpath(posixpath.join(folder, s)) for s in (given, given.replace("\\", "/"))
    ]
    return next((image for image in spelt if image in images), spelt[0])


def _outside(root: Path, image: str, folder: str) -> str | None:
    """What is wrong with the place of an image that does not lie beneath the table."""
    if image.startswith(("../", "/")) or (folder and not image.startswith(f"{folder}/")):
        return "lies outside the table's folder"
    return "leads elsewhere" if inside(root / image, root, image) else None


def _parquet(root: Path, file: str) -> list[Row]:
    import pyarrow.parquet as pq

    table = pq.read_table(root / file).to_pylist()
    return [Row(cells, i, file) for i, cells in enumerate(table, 1)]
