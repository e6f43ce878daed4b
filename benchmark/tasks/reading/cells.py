"""One cell of a table becomes a picture: encoded bytes, base64 text, or the path of a file."""

from __future__ import annotations

import base64
import binascii
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.tasks.pictures import content_kinds
from benchmark.tasks.pictures.images import Picture
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.reading.walk import inside

_LONGEST_PATH = 1024
_SHOWN = 60


@dataclass(frozen=True)
class Folder:
    """Local files: what they must not leave, and what paths in a column are relative to."""

    root: Path
    bases: tuple[Path, ...]
    """The first one in which a path leads to something counts."""


def picture(cell: Any, place: str, folder: Folder | None, refuse: Refusal) -> Picture:
    """The picture in ``cell``, called ``place`` where it has no file of its own.

    ``folder`` is None where images lie elsewhere. Raises `UserError` for text that is no path
    and for a path that leads out of the folder.
    """
    content, path = cell, cell
    if isinstance(cell, dict):
        content, path = cell.get("bytes"), cell.get("path")
    if isinstance(content, bytes):
        name = path if isinstance(path, str) and not Path(path).is_absolute() else ""
        return Picture(content, f"{place} ({name})" if name else place, name)
    if not isinstance(path, str) or not path:
        return Picture(b"", place)
    if (decoded := _decoded(path)) is not None:
        return Picture(decoded, place)
    if folder is None:
        return Picture(Path(path), place)
    return _file(path, place, folder, refuse)


def _decoded(text: str) -> bytes | None:
    """The image that base64 text holds, with or without a ``data:`` head; None for other text."""
    label, comma, rest = text.partition(",")
    body = rest if comma and label.startswith("data:") else text
    first = "".join(body[:80].split())
    try:
        head = base64.b64decode(first[: len(first) // 4 * 4], validate=True)
        return base64.b64decode(body) if content_kinds.begins_as_image(head) else None
    except (binascii.Error, ValueError):
        return None


def _is_control(character: str) -> bool:
    """A name may hold other characters that are not printable: blanks of other widths, joiners."""
    return unicodedata.category(character) == "Cc"


def _file(path: str, place: str, folder: Folder, refuse: Refusal) -> Picture:
    shown = ascii(path[:_SHOWN]) + "..." * (len(path) > _SHOWN)
    if len(path) > _LONGEST_PATH or any(map(_is_control, path)):
        raise refuse(
            f"{place} names no file: its {len(path):,} characters begin with {shown}",
            "the column has to hold paths of image files, or the images themselves as bytes or as "
            "base64 text",
        )
    if "://" in path:
        raise refuse(
            f"{place} names an address, {shown}",
            "download the images and name their files; only 'archive' is fetched",
        )
    # Programs on Windows write backslashes.
    spelt = dict.fromkeys([path, path.replace("\\", "/")])
    candidates = [base / one for one in spelt for base in folder.bases]
    file = next((one for one in candidates if os.path.lexists(one)), candidates[0])
    if wrong := inside(file, folder.root, path):
        raise refuse(wrong, "copy the files into the folder; links to elsewhere are not followed")
    name = os.path.relpath(file, folder.root)
    return Picture(file, name, name)
