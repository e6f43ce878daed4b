"""Files on this machine: the mirror, and folders of images and tables beside a task."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

from benchmark import defaults
from benchmark.errors import UserError
from benchmark.tasks.definition.data_keys import Data, LoadDataset
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.reading import arrow_files, image_folders, text_tables
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Reading, refusal
from benchmark.tasks.sources.base import Source, library, register, settings
from benchmark.tasks.told_errors import explained, reason

_MIRROR = Data(
    load_dataset=LoadDataset(
        path="parquet", data_files={"train": ["train.parquet"], "test": ["test.parquet"]}
    )
)


@partial(register, first=True)
def mirror(task: Task) -> Source | None:
    """The task's folder below ``$BENCHMARK_DATA``, where there is one."""
    mirrors = defaults.mirrors()
    if task.data.mirror is None or mirrors is None:
        return None
    if not mirrors.is_dir():
        raise UserError(
            "BENCHMARK_DATA names a folder that does not exist",
            where=mirrors,
            mend="correct it, or unset it to use the public sources",
        )
    folder = mirrors.resolve() / task.data.mirror
    if not folder.is_dir():
        return None
    meant = {name: getattr(task.data, name) for name in ("classes", "drop_classes", "white")}
    data = _MIRROR.model_copy(update=meant)
    name = f"mirror: {task.data.mirror} parquet"
    return source(LocalData(refusal(task, folder), data, folder, confined=False), name)


@register
def beside_the_task(task: Task) -> Source | None:
    """The files that the task names by paths relative to its YAML, or to ``root``."""
    spec = task.data.load_dataset
    if spec is None or spec.on_hub or task.data.archive is not None:
        return None
    given = [pattern for found in spec.patterns.values() for pattern in found]
    name = f"{spec.path}: {', '.join(given) or spec.data_dir}"
    return source(LocalData(refusal(task), task.data, _root(task)), name)


def _root(task: Task) -> Path:
    """The folder that ``root`` names, its environment variables replaced; else the task's own."""
    if task.data.root is None:
        return task.folder
    unset = [v for v in re.findall(r"\$\{?(\w+)", task.data.root) if v not in os.environ]
    if unset:
        raise UserError(
            f"'root' of task {task.name!r} asks for the environment variable {unset[0]}",
            where=task.file,
            mend=f"set it to the folder of the data: export {unset[0]}=/path/to/data",
        )
    root = Path(os.path.expandvars(task.data.root)).expanduser()
    if not root.is_absolute() or not root.is_dir():
        what = "does not exist" if root.is_absolute() else "is no absolute path"
        raise UserError(
            f"'root' of task {task.name!r}, {root}, {what}",
            where=task.file,
            mend="name the folder of the data by its whole path, or by '$NAME/...'",
        )
    return root.resolve()


def source(local: LocalData, description: str) -> Source:
    """The files as a source. Raises `UserError` for those that are missing or lie outside."""
    identity = {"root": str(local.root), "files": local.stats}
    identity |= settings(local.data)
    return Source(description, identity, False, local.data, local.refuse, partial(read, local))


def read(local: LocalData, scratch: Path) -> Reading:
    """The pictures and labels in the files; ``scratch`` has to outlive the result."""
    with explained(partial(_error, local)):
        return _reading(local, scratch)


def _reading(local: LocalData, scratch: Path) -> Reading:
    kind = local.spec.path
    if kind == "imagefolder":
        return image_folders.read(local)
    if kind in ("csv", "json"):
        return text_tables.read(local)
    library().disable_progress_bars()
    if kind == "parquet":
        return arrow_files.read_parquet(local, scratch / "arrow")
    return arrow_files.read_saved(local)


def _error(local: LocalData, error: Exception) -> UserError:
    what = ", ".join(p for given in local.spec.patterns.values() for p in given) or local.top
    return local.refuse(
        f"{what} cannot be loaded: {reason(error)}",
        "check the keys under 'data' and the files they name",
    )
