"""Which files the patterns of ``data_files`` mean, decided on the list of files that there is."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath


def fixed_base(pattern: str) -> str:
    """The part of the pattern before the first ``*``, ``?`` or ``[``; ``.`` where it is empty."""
    parts = PurePosixPath(pattern).parts
    magic = [i for i, part in enumerate(parts) if glob.has_magic(part)]
    return str(PurePosixPath(*(parts[: magic[0]] if magic else parts)))


def matching(pattern: str, files: Sequence[str]) -> list[str]:
    """The files, in their order, that the pattern means; a folder's name means all beneath it.

    ``*`` stands for any text without ``/``, ``**`` for any number of folders.
    """
    wanted = PurePosixPath(pattern).parts
    if not glob.has_magic(pattern):
        wanted = (*wanted, "**") if str(PurePosixPath(pattern)) not in files else wanted
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
