"""Text files that people write, as text."""

from __future__ import annotations

import stat
from pathlib import Path

from benchmark.errors import UserError

_LFS = b"version https://git-lfs.github.com/spec/"


def read(file: Path, most: int) -> str:
    """The content of ``file``, a regular file in UTF-8 of at most ``most`` bytes.

    Raises `UserError`, where it can with the line, for whatever is not that.
    """
    try:
        facts = file.stat()
        if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
            raise UserError(
                "this is not a regular file", where=file, mend="name a file with text in it"
            )
        if facts.st_size > most:
            raise UserError(
                f"this file has {facts.st_size:,} bytes, more than {most:,}",
                where=file,
                mend="shorten it, or check that it is the file that is meant",
            )
        content = file.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read this file: {error.strerror}",
            where=file,
            mend="name a file that is there and that this user may read",
        ) from error
    if is_lfs_pointer(content):
        raise UserError("this is a Git LFS pointer, not the file itself", where=file, mend=LFS_MEND)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error


def is_lfs_pointer(content: bytes) -> bool:
    """Whether a file begins as the few lines that Git LFS leaves in place of the real file."""
    return content.startswith(_LFS)


LFS_MEND = "run 'git lfs pull' where the data come from, and copy them again"


def _not_utf8(file: Path, error: UnicodeDecodeError) -> UserError:
    return UserError(
        f"this file is not UTF-8 (byte {error.start} is 0x{error.object[error.start]:02x})",
        where=file,
        line=error.object[: error.start].count(b"\n") + 1,
        mend="save it with the encoding UTF-8",
    )
