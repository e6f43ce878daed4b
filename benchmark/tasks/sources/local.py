"""Files on this machine: the mirror, and folders of images, parquet and csv beside a task."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmark import defaults
from benchmark.errors import UserError
from benchmark.tasks.raw import Raw
from benchmark.tasks.schema import Data, LoadDataset, Task
from benchmark.tasks.sources.base import Source, explained, library, reason, register, settings
from benchmark.tasks.tables import Folder, Table, check_inside, raw_data

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
    name = f"mirror: {task.data.mirror} parquet"
    return Files(task, _MIRROR, folder).source(name) if folder.is_dir() else None


@register
def beside_the_task(task: Task) -> Source | None:
    """The files that the task names by paths relative to its YAML."""
    spec = task.data.load_dataset
    if spec is None or spec.on_hub or task.data.archive is not None:
        return None
    name = f"{spec.path}: {', '.join(_patterns(spec)) or spec.data_dir}"
    return Files(task, task.data, task.folder).source(name)


def _patterns(spec: LoadDataset) -> Iterator[str]:
    for patterns in (spec.data_files or {}).values():
        for pattern in patterns:
            yield f"{spec.data_dir}/{pattern}" if spec.data_dir else pattern


@dataclass(frozen=True)
class Files:
    """Files of a task in a folder of this machine."""

    task: Task
    data: Data
    """How they are loaded; its paths are relative to ``root``."""
    root: Path

    @property
    def spec(self) -> LoadDataset:
        """What ``datasets`` is told."""
        assert self.data.load_dataset is not None
        return self.data.load_dataset

    @property
    def of_task(self) -> bool:
        """Whether they lie beside the task's YAML, which they must not leave."""
        return self.root == self.task.folder

    def source(self, description: str) -> Source:
        """The files as a source. Raises `UserError` for those that are missing or lie outside."""
        identity = {"root": str(self.root), "files": _stats(_folders(_bases(self)))}
        return Source(description, identity | settings(self.data), False, self.read)

    def read(self, scratch: Path) -> Raw:
        """The pictures and labels in them; ``scratch`` has to outlive the result."""
        folders = _folders(_bases(self))
        inside = Folder(self.root, Path(os.path.commonpath(folders)))
        return raw_data(self.task, self.data, dict(_load_all(self, scratch)), inside)


def _bases(files: Files) -> list[Path]:
    """The files and folders that the YAML names; of a pattern, the part before the first ``*``."""
    root, task = files.root, files.task
    named = list(_patterns(files.spec)) or [files.spec.data_dir or "."]
    bases = [root / Path(*_before_magic(Path(name).parts)) for name in named]
    for base in bases:
        if not base.exists():
            top = "the top of the archive" if files.data.archive else root
            raise UserError(
                f"task {task.name!r}: {base.relative_to(root)} does not exist",
                where=root if files.data is _MIRROR else task.file,
                mend=f"paths are relative to {top}",
            )
        # A mirror is the user's own choice, and may consist of links.
        for path in [base, *_beneath(base)] if files.of_task else []:
            check_inside(path, root, task)
    return bases


def _before_magic(parts: Sequence[str]) -> list[str]:
    magic = [i for i, part in enumerate(parts) if glob.has_magic(part)]
    return list(parts[: magic[0]] if magic else parts)


def _folders(bases: Iterable[Path]) -> list[Path]:
    return [base if base.is_dir() else base.parent for base in bases]


def _beneath(base: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UserError(f"this folder cannot be read: {error.strerror}", where=error.filename)

    for folder, folders, files in os.walk(base, onerror=refuse) if base.is_dir() else ():
        yield from (Path(folder, name) for name in sorted(folders) + sorted(files))


def _stats(folders: Iterable[Path]) -> list[list[Any]]:
    found = []
    for path in {path for folder in folders for path in _beneath(folder)}:
        facts = path.stat() if path.exists() else path.lstat()
        # The time of the last change of the inode cannot be set back, unlike that of the content.
        found.append([str(path), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns])
    return sorted(found)


def _load_all(files: Files, scratch: Path) -> Iterator[tuple[str, Table]]:
    spec = files.spec
    if spec.data_files is None or spec.path == "imagefolder":
        with explained(partial(_error, files.task, spec.data_dir or "the data")):
            yield from _load(spec, scratch, **_folder_arguments(files)).items()
        return
    # One at a time, for otherwise the first split's column types are forced upon the others.
    for split, patterns in spec.data_files.items():
        one = spec.model_copy(update={"data_files": {split: patterns}})
        names = ", ".join(patterns)
        what = names if files.of_task else f"{files.root.name}: {names}"
        with explained(partial(_error, files.task, what)):
            yield from _load(one, scratch / split, data_files=_absolute(one, files.root)).items()


def _folder_arguments(files: Files) -> dict[str, Any]:
    spec = files.spec
    # Without drop_labels=False a folder with one class, or of uneven depth, loses its labels.
    labels = {"drop_labels": False} if spec.path == "imagefolder" else {}
    if spec.data_files is not None:
        return labels | {"data_files": _absolute(spec, files.root)}
    folder = files.root / (spec.data_dir or ".")
    names = _split_names(files.data)
    if (
        all((folder / name).is_dir() for name in names)
        and spec.path == "imagefolder"
        and not list(folder.glob("metadata.*"))
    ):
        # Explicit, for a class called "test" would be taken for the test split.
        return labels | {"data_files": {name: _all_in(folder / name) for name in names}}
    return labels | {"data_dir": str(folder)}


def _split_names(data: Data) -> list[str]:
    names = data.train_split.split("+")
    return names if data.test_fraction else [*names, data.test_split or "test"]


def _all_in(folder: Path) -> str:
    return f"{glob.escape(str(folder))}/**"


def _absolute(spec: LoadDataset, root: Path) -> dict[str, list[str]]:
    prefix = glob.escape(str(root / (spec.data_dir or ".")))
    return {
        split: [f"{prefix}/{pattern}" for pattern in patterns]
        for split, patterns in (spec.data_files or {}).items()
    }


def _load(spec: LoadDataset, scratch: Path, **arguments: object) -> dict[str, Table]:
    datasets = library()
    datasets.disable_progress_bars()
    return dict(datasets.load_dataset(spec.path, cache_dir=str(scratch / "arrow"), **arguments))


def _error(task: Task, what: str, error: Exception) -> UserError:
    return UserError(
        f"task {task.name!r}: {what} cannot be loaded: {reason(error)}",
        where=task.file,
        mend="check the keys under 'data' and the files they name",
    )
