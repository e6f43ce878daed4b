"""Parquet files, and folders that ``datasets`` saved with ``save_to_disk``."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from benchmark.errors import UserError, listed
from benchmark.tasks import text_file
from benchmark.tasks.reading import tables
from benchmark.tasks.reading.cells import Folder
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Reading, Refusal
from benchmark.tasks.reading.tables import Table
from benchmark.tasks.told_errors import explained, reason

_STATE = "state.json"
_SPLITS = "dataset_dict.json"
_LARGEST_STATE = 1 << 24


def read_parquet(local: LocalData, scratch: Path) -> Reading:
    """The rows of the files of each split. Raises `UserError` for what is no parquet file."""
    files = local.tables((".parquet",))
    # One at a time, for otherwise the first split's column types are forced upon the others.
    found = {
        split: _parquet(local, given, scratch / str(i))
        for i, (split, given) in enumerate(files.by_split.items())
    }
    bases = {(local.root / file).parent for given in files.by_split.values() for file in given}
    folder = Folder(local.root, (Path(os.path.commonpath(bases)),))
    chosen = tables.reading(local.data, found, folder, local.refuse)
    return replace(chosen, unused=tuple(files.unused), notes=files.chosen.notes)


def _parquet(local: LocalData, files: Sequence[str], scratch: Path) -> Table:
    import datasets
    import pyarrow.parquet as pq

    for file in files:
        check_ends(local.root, file, local.refuse)
    named = [glob.escape(str(local.root / file)) for file in files]
    with explained(lambda error: _unreadable(local, files, error)):
        if not any(pq.read_metadata(local.root / file).num_rows for file in files):
            raise local.refuse(f"{listed(files, 3)}: no rows", "name files with rows under 'data'")
        return datasets.load_dataset(
            "parquet", data_files={"rows": named}, split="rows", cache_dir=str(scratch)
        )


def _unreadable(local: LocalData, files: Sequence[str], error: Exception) -> UserError:
    return local.refuse(
        f"{listed(files, 3)} cannot be loaded: {reason(error)}",
        "copy the files again, or name others under 'data'",
    )


def check_ends(root: Path, file: str, refuse: Refusal) -> None:
    """Raises `UserError` for what does not begin and end as a parquet file."""
    with (root / file).open("rb") as content:
        head = content.read(64)
        content.seek(-min(4, len(head)), os.SEEK_END)
        tail = content.read()
    if text_file.is_lfs_pointer(head):
        raise refuse(f"{file} is a Git LFS pointer, not the file itself", text_file.LFS_MEND)
    if not head.startswith(b"PAR1"):
        raise refuse(
            f"{file} is {'no parquet file' if head else 'empty'}",
            "copy it again, or name another file under 'data'",
        )
    if tail != b"PAR1":
        raise refuse(f"{file} breaks off: the end of it is missing", "copy it again")


def read_saved(local: LocalData) -> Reading:
    """The splits of a saved folder; a single table is the split ``train``.

    Raises `UserError` for a folder that is none, and for one that names files elsewhere.
    """
    import datasets

    states = [file for file in local.tree.files if Path(file).name == _STATE]
    if not states:
        raise local.refuse(
            f"{local.top} is no folder that save_to_disk wrote: it holds no {_STATE}",
            "name the folder itself, or another 'path'",
        )
    for state in states:
        _check_state(local, state)
    _check_splits(local)
    saved = datasets.load_from_disk(str(local.root / local.top))
    splits = dict(saved) if isinstance(saved, dict) else {"train": saved}
    folder = Folder(local.root, (local.root / local.top,))
    return tables.reading(local.data, splits, folder, local.refuse)


def _check_state(local: LocalData, state: str) -> None:
    _plain_names(local, state, lambda content: [one["filename"] for one in content["_data_files"]])


def _check_splits(local: LocalData) -> None:
    """That each split is a folder of the data set: ``datasets`` opens whatever is named."""
    listing = str(PurePosixPath(local.top, _SPLITS))
    if listing not in local.tree.files:
        return
    for name in _plain_names(local, listing, lambda content: list(content["splits"])):
        if str(PurePosixPath(local.top, name, _STATE)) not in local.tree.files:
            raise local.refuse(
                f"{listing} names the split {name!a}, and there is no such folder",
                "save the data set again",
            )


def _plain_names(local: LocalData, file: str, names_of: Callable[[Any], list[str]]) -> list[str]:
    """What ``names_of`` finds in a JSON file; raises `UserError` where that leads elsewhere."""
    try:
        names = names_of(json.loads(text_file.read(local.root / file, _LARGEST_STATE)))
        plain = all(name == Path(name).name != ".." for name in names)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise local.refuse(f"{file} is damaged", "save the data set again") from error
    if not plain:
        raise local.refuse(f"{file} names files elsewhere", "save the data set again")
    return names
