"""What lies in a folder: files, folders, links that are followed, and what is never data."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from benchmark.errors import UserError
from benchmark.tasks.unused import Unused

MOST = 1_000_000
"""A folder with more files is no small data set, and listing it would take minutes."""

_LITTER = {
    "thumbs.db",
    "desktop.ini",
    "__macosx",
    ".ipynb_checkpoints",
    "__pycache__",
    ".git",
    ".svn",
    ".hg",
    ".thumbnails",
    ".appledouble",
    ".spotlight-v100",
    ".fseventsd",
    ".trash",
    ".trashes",
    ".trash-1000",
    ".cache",
    ".thumbs",
    "$recycle.bin",
    "lost+found",
    "system volume information",
    "@eadir",
}
_BY_A_PROGRAM = "left there by a program"
_HIDDEN = "a hidden file"
_OUT = "leads out of the task's folder"
_LOOP = "a link that leads back to itself"
UNREADABLE = "is a folder that cannot be read"


@dataclass
class Tree:
    """What lies beneath some folders; paths are relative to the root, with ``/``."""

    files: list[str] = field(default_factory=list)
    """Regular files, sorted as text."""
    folders: list[str] = field(default_factory=list)
    unused: list[Unused] = field(default_factory=list)
    """Link loops, what programs leave behind, and what is neither file nor folder."""
    faults: list[tuple[str, str]] = field(default_factory=list)
    """Links that lead out of the root or to nothing and folders that cannot be read, each with what
    is wrong with it."""


def walk(root: Path, starts: Iterable[str], *, confined: bool) -> Tree:
    """Everything beneath the folders or files ``starts``, each relative to ``root``.

    Links are followed, where ``confined`` within the root only. Raises `UserError` where one of the
    ``starts`` cannot be read, and for more than `MOST` files.
    """
    tree, top = Tree(), os.path.realpath(root)
    for start in _outermost(starts):
        real = os.path.realpath(root / start)
        if confined and not _inside(real, top):
            tree.faults.append((start, _OUT))
        elif Path(real).is_dir():
            _descend(tree, root, top if confined else None, start, real)
        else:
            tree.files.append(start)
    tree.files.sort()
    tree.folders.sort()
    return tree


def _outermost(starts: Iterable[str]) -> list[str]:
    """Without those that lie beneath another one."""
    kept: list[str] = []
    for start in sorted({str(PurePosixPath(start)) for start in starts}, key=len):
        if not any(above in (".", start) or start.startswith(f"{above}/") for above in kept):
            kept.append(start)
    return ["" if start == "." else start for start in kept]


def _inside(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _descend(tree: Tree, root: Path, top: str | None, start: str, real: str) -> None:
    waiting: list[tuple[str, tuple[str, ...]]] = [(start, (real,))]
    while waiting:
        here, above = waiting.pop()
        try:
            entries = list(os.scandir(root / here))
        except OSError as error:
            if here == start:
                raise _unreadable(root / here, error) from error
            tree.faults.append((here, f"{UNREADABLE}: {error.strerror}"))
            continue
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            target = f"{above[-1]}/{entry.name}"
            if entry.is_symlink():
                target = _followed(tree, top, entry, path) or ""
            if not target:
                continue
            if entry.name.casefold() in _LITTER:
                tree.unused.append(Unused(path, _BY_A_PROGRAM))
            elif target in above:
                tree.unused.append(Unused(path, _LOOP))
            elif entry.is_dir():
                tree.folders.append(path)
                waiting.append((path, (*above, target)))
            elif entry.is_file():
                _add_file(tree, path, entry.name)
            else:
                tree.unused.append(Unused(path, "neither a file nor a folder"))
        if len(tree.files) > MOST:
            raise UserError(
                f"there are more than {MOST:,} files here",
                where=root / start,
                mend="name the folder that the images lie in",
            )


def _unreadable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"this folder cannot be read: {error.strerror}",
        where=folder,
        mend="allow this user to read it, or move it elsewhere",
    )


def _add_file(tree: Tree, path: str, name: str) -> None:
    # What a Mac writes beside every file on a foreign disk has the file's own ending. A hidden
    # folder may be a class all the same: ".net".
    if name.startswith("."):
        tree.unused.append(Unused(path, _HIDDEN))
    else:
        tree.files.append(path)


def _followed(tree: Tree, top: str | None, entry: os.DirEntry[str], path: str) -> str | None:
    """Where a link leads; None, with a word about it in ``tree``, where it is not followed."""
    try:
        target = os.path.realpath(entry.path, strict=True)
    except OSError as error:
        if error.errno == errno.ELOOP:
            tree.unused.append(Unused(path, _LOOP))
        else:
            tree.faults.append((path, "is a link to nothing"))
        return None
    if top is not None and not _inside(target, top):
        tree.faults.append((path, _OUT))
        return None
    return target


def inside(path: Path, root: Path, shown: str) -> str | None:
    """What is wrong with a path that data name: that it leaves ``root``, or is no path at all."""
    try:
        if not _inside(os.path.realpath(path), os.path.realpath(root)):
            return f"{shown} {_OUT}"
        dangling = path.is_symlink() and not path.exists()
    except (OSError, ValueError) as error:
        return f"{shown[:80]!r} is no path of a file: {getattr(error, 'strerror', None) or error}"
    return f"{shown} is a link to nothing" if dangling else None
