"""CSV and JSON-lines files with the paths of images, or the images as base64 text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from benchmark.errors import UserError
from benchmark.tasks.pictures.images import Picture, is_image
from benchmark.tasks.reading import cells, rows
from benchmark.tasks.reading.cells import Folder
from benchmark.tasks.reading.labels import CELLS
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Part, Reading
from benchmark.tasks.reading.rows import Row
from benchmark.tasks.reading.tables import check_columns, columns
from benchmark.tasks.reading.walk import walk
from benchmark.tasks.unused import Unused


def read(local: LocalData) -> Reading:
    """The rows of the tables; images that no row names are listed as not used.

    Paths are relative to the folder of their table, else to the folder of the data. Raises
    `UserError` for tables that cannot be read, lack a column or name images elsewhere.
    """
    files = local.tables(rows.ENDINGS[local.spec.path])
    chosen = files.chosen
    by_split = {split: _rows(local, tables) for split, tables in files.by_split.items()}
    train = _part(local, [row for split in chosen.train for row in by_split[split]])
    test = None if chosen.test is None else _part(local, by_split[chosen.test])
    without = _images_without_rows(local, [train] if test is None else [train, test])
    return Reading(train, test, (*files.unused, *without), chosen.notes)


def _rows(local: LocalData, files: Sequence[str]) -> list[Row]:
    wanted, refuse = columns(local.data), local.refuse
    found = []
    for file in files:
        table = rows.read(local.root, file, local.spec.path, wanted)
        if not table:
            raise UserError(
                "this table has no rows",
                where=local.root / file,
                mend="give it a row for each image, or leave it out",
            )
        # An object of JSON lines may lack a key, as a row may lack a label: a fault of that row.
        check_columns(file, list(dict.fromkeys(c for r in table for c in r.cells)), wanted, refuse)
        for row in table if local.data.group else ():  # without it a row belongs to no group
            check_columns(file, list(row.cells), wanted[2:], refuse)
        found += table
    return found


def _part(local: LocalData, found: Sequence[Row]) -> Part:
    data = local.data

    def picture(i: int) -> Picture:
        row = found[i]
        bases = [local.root / PurePosixPath(row.file).parent, local.root / local.top]
        return cells.picture(
            row.cells.get(data.image_column),
            f"{row.file}, line {row.line}",
            Folder(local.root, tuple(bases)),
            local.refuse,
        )

    return Part(
        [row.cells.get(data.label_column) for row in found],
        CELLS if local.spec.path == "csv" else "values",
        picture,
        groups=[row.cells[data.group] for row in found] if data.group else None,
        place=lambda i: f"{found[i].file}, line {found[i].line}",
    )


def _images_without_rows(local: LocalData, parts: Sequence[Part]) -> list[Unused]:
    """Images that lie in folders of named ones, or anywhere in ``data_dir``, and have no row."""
    pictures = (part.named(i) for part in parts for i in range(len(part.labels)))
    named = {picture.file for picture in pictures if picture and picture.file}
    folders = {local.top} if local.spec.data_dir else {str(PurePosixPath(n).parent) for n in named}
    there = [folder for folder in folders if _is_folder(local.root / folder)]
    try:
        tree = walk(local.root, there, confined=local.confined)
    except UserError as error:  # these are not needed, so they keep nothing from being read
        return [Unused(local.top or ".", f"not looked through for images: {error.what}")]
    return [
        Unused(file, "no row names it")
        for file in tree.files
        if is_image(file) and file not in named
    ]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long for one
        return False
