"""Zip files, unpacked within bounds that are known before the first byte is written."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

MOST_FILES = 500_000
LARGEST = 16 << 30
"""Bytes that all files of an archive may have together when they are unpacked."""

_LONGEST_NAME = 255
_LONGEST_PATH = 1024

_DAMAGE = (
    zipfile.BadZipFile,
    RuntimeError,  # a password, or a way of packing that is not known
    EOFError,
    zlib.error,
    UnicodeDecodeError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
)


class UnpackingError(Exception):
    """What is wrong with an archive, in words."""


def unpack(packed: Path, folder: Path) -> None:
    """Unpacks all files of the zip file ``packed`` into ``folder``, which none of them can leave.

    Raises `UnpackingError` for what is no whole zip file or is beyond the bounds, and OSError for
    a disk without space for it; then nothing is written.
    """
    try:
        with zipfile.ZipFile(packed) as file:
            _check_bounds(file.infolist(), folder)
            file.extractall(folder)
    except _DAMAGE as error:
        raise UnpackingError(f"is not a whole zip file: {error}") from error


def _check_bounds(members: list[zipfile.ZipInfo], folder: Path) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > MOST_FILES:
        raise UnpackingError(f"holds {len(members):,} files, more than {MOST_FILES:,}")
    if total > LARGEST:
        raise UnpackingError(f"unpacks to {total:,} bytes, more than {LARGEST:,}")
    for member in members:
        parts = PurePosixPath(member.filename).parts
        longest = max((len(part.encode()) for part in parts), default=0)
        if longest > _LONGEST_NAME or len(member.filename) > _LONGEST_PATH:
            raise UnpackingError(f"holds a file with too long a name: {member.filename[:60]}...")
    if total > shutil.disk_usage(folder.parent).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
