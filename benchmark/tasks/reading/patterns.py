"""Which files the patterns of ``data_files`` mean, decided on the list of files that there is."""

from __future__ import annotations

import glob
import itertools
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_ESCAPED = re.compile(r"\[([*?[])\]")
"""A character that stands for itself, as ``glob.escape`` writes it."""


def fixed_base(pattern: str) -> str:
    """The path before the first part with ``*``, ``?`` or ``[``; ``.`` where it is empty."""
    parts = itertools.takewhile(_is_plain, PurePosixPath(pattern).parts)
    return str(PurePosixPath(*(_ESCAPED.sub(r"\1", part) for part in parts)))


def _is_plain(text: str) -> bool:
    return not glob.has_magic(_ESCAPED.sub("", text))


def matching(pattern: str, files: Sequence[str]) -> list[str]:
    """The files, in their order, that the pattern means; a folder's name means all beneath it.

    ``*`` stands for any text without ``/``, ``**`` for any number of folders.
    """
    wanted = PurePosixPath(pattern).parts
    if _is_plain(pattern):
        wanted = (*wanted, "**") if fixed_base(pattern) not in files else wanted
    return [file for file in files if _fits(PurePosixPath(file).parts, wanted)]


def _fits(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    for i, one in enumerate(wanted):
        if one == "**":
            rest = wanted[i + 1 :]
            if not rest:
                return len(parts) > i
            return any(_fits(parts[j:], rest) for j in range(i, len(parts)))
        if i >= len(parts) or not fnmatchcase(parts[i], one):
            return False
    return len(parts) == len(wanted)
