"""A path, or the name of a data set on the hub, becomes pictures with labels."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from benchmark.defaults import option
from benchmark.errors import UserError
from benchmark.tasks.definition.data_keys import HUB_ID, Data
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.pictures.images import is_image
from benchmark.tasks.proposal import splits, tabular, tying
from benchmark.tasks.proposal.columns import Options, columns
from benchmark.tasks.proposal.shape import shape
from benchmark.tasks.proposal.tabular import Meant
from benchmark.tasks.proposal.tying import Tied, Tying
from benchmark.tasks.reading import sidecar, tables
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Reading, Refusal
from benchmark.tasks.reading.walk import walk
from benchmark.tasks.sources import local, remote
from benchmark.tasks.sources.base import library


@dataclass(frozen=True)
class Opened:
    """Images that were found, not looked at yet."""

    keys: dict[str, Any]
    """What the task's YAML says under ``data``, but for the split file."""
    tied: Tied
    notes: tuple[str, ...] = ()


def opened(given: str, name: str, folder: Path, options: Options, scratch: Path) -> Opened:
    """What lies at ``given``, a folder, a table or ORG/NAME on the hub, read for the task ``name``.

    ``folder``: that of the task. ``scratch`` has to outlive the result. Raises `UserError` for what
    is none of them, and where it is left open what the images or the classes are.
    """
    refuse = partial(refusal_about, given)
    if not given.strip():
        raise UserError("no images are named", mend=f"say where they are: {option('images')}=...")
    place = Path(given).expanduser()
    try:
        there = place.exists()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        there = False
    if there:
        task = partial(_task, name, folder, refuse)
        return _local(place.resolve(), folder.resolve(), task, options, refuse, scratch)
    if HUB_ID.fullmatch(given) and ".." not in given:
        return _hub(given, partial(_task, name, folder, refuse), options, refuse, scratch)
    raise refuse(
        "there is no such file or folder",
        "name a folder of images, a table (.csv, .jsonl, .parquet), or a data set on the hub by "
        "ORG/NAME",
    )


def refusal_about(given: str, what: str, mend: str) -> UserError:
    """An error about what lies at ``given``."""
    return UserError(what, where=given, mend=mend)


def _task(name: str, folder: Path, refuse: Refusal, keys: Mapping[str, Any]) -> Task:
    """A task that reads all images and leaves the split to a list that is still to be written."""
    try:
        data = Data(**keys, split_file=f"{name}.csv")
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise refuse(
            f"this cannot be named in a task: {why}", "give the files and folders other names"
        ) from error
    return Task(
        title=name,
        image_size=64,
        images_per_class=(1,),
        flip=False,
        data=data,
        name=name,
        folder=folder,
    )


Provisional = Callable[[Mapping[str, Any]], Task]


def _local(
    place: Path,
    folder: Path,
    task: Provisional,
    options: Options,
    refuse: Refusal,
    scratch: Path,
) -> Opened:
    inside = place.is_relative_to(folder)
    base = folder if inside else place if place.is_dir() else place.parent
    if "$" in str(base):
        raise refuse("'$' in a path stands for a variable in a task", "rename the folder")
    top = place.relative_to(base).as_posix()
    of = _of_folder if place.is_dir() else tabular.of_file
    meant = of(base, top, options, refuse)
    keys = ({} if inside else {"root": str(base)}) | {"load_dataset": meant.load} | meant.data

    def read_as(data: Data) -> Reading:
        return local.read(LocalData(refuse, data, base), scratch)

    return Opened(keys, tying.read(meant.tying, task(keys).data, read_as, refuse), meant.notes)


def _of_folder(base: Path, top: str, options: Options, refuse: Refusal) -> Meant:
    tree = walk(base, [top], confined=True)
    files = [str(PurePosixPath(file).relative_to(top)) for file in tree.files]
    images = [file for file in files if is_image(file)]
    if not images and tree.faults:
        raise refuse(
            "all that lies here are links that are not followed, or folders that cannot be read, "
            f"such as {tree.faults[0][0]}",
            "name the folder that the images themselves lie in",
        )
    if not images:
        return tabular.of_folder(base, top, files, options, refuse)
    beside = [PurePosixPath(file) for file in files]
    tables = [str(file.parent) for file in beside if file.name in sidecar.NAMES]
    table = posixpath.commonpath(tables) if tables else None
    found = shape(images, table=table, label=options.label, refuse=refuse)
    load = {"path": "imagefolder", "data_dir": str(PurePosixPath(top, found.below))} | found.load
    named = options.label_column if tables else None
    label = {} if named is None else {"label_column": named}
    return Meant(load, found.data | label, found.notes, Tying(group=options.group_column))


def _hub(given: str, task: Provisional, options: Options, refuse: Refusal, scratch: Path) -> Opened:
    asking = task({"load_dataset": {"path": given, "revision": "0" * 40}})
    load = {"path": given, "revision": remote.newest_revision(asking, given)}
    made = task({"load_dataset": load})
    assert made.data.load_dataset is not None
    splits_there = remote.hub_tables(made, made.data.load_dataset, scratch)
    data, notes = splits.keys(list(splits_there), refuse)
    table = splits_there[data["train_split"].split("+")[0]]
    datasets = library()

    def holds_images(name: str) -> bool:
        feature = table.features[name]
        return isinstance(feature, datasets.Image | dict)

    found = columns(table.column_names, holds_images, options, refuse)
    keys = {"load_dataset": load} | data | found.keys
    read_as = partial(tables.reading, splits=splits_there, folder=None, refuse=refuse)
    return Opened(keys, tying.read(found.tying, task(keys).data, read_as, refuse), tuple(notes))
