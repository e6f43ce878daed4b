"""Where a task's images come from: encoded pictures with labels. Imports ``datasets``, and late."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import http.client
import logging
import os
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmark import defaults
from benchmark.errors import UserError
from benchmark.tasks import cache
from benchmark.tasks.images import Picture
from benchmark.tasks.pictures import Folder, Raw, RawSplit, Table, check_inside, own_split, raw_data
from benchmark.tasks.schema import Data, LoadDataset, Task

_MIRROR = Data(
    load_dataset=LoadDataset(
        path="parquet", data_files={"train": ["train.parquet"], "test": ["test.parquet"]}
    )
)
_SECONDS = 20.0


class UnavailableError(UserError):
    """The data lie on another machine that cannot be reached; the task itself may be sound."""


@dataclass(frozen=True)
class Source:
    """A place that a task's images can be read from."""

    description: str
    """In words that mean the same on every machine."""
    identity: dict[str, Any]
    """Changes whenever the data may have changed."""
    remote: bool
    """Whether reading needs the network."""
    read: Callable[[Path], Raw]
    """Reads, given a folder for temporary files that must outlive the result."""


def find(task: Task) -> Source:
    """The source that is used on this machine; looks at local files, asks no network.

    The mirror comes first where there is one, then what the task's YAML names.
    Raises `UserError` for local files that are missing or lie outside of the task's folder.
    """
    data = task.data
    if mirror := _mirror_folder(task):
        name = f"mirror: {data.mirror} parquet"
        return _local_source(name, task, _MIRROR, mirror)
    if data.sklearn is not None:
        identity = {"sklearn": data.sklearn, "version": version("scikit-learn")}
        read = partial(_read_sklearn, task)
        return Source(f"scikit-learn: {data.sklearn}", identity | _settings(data), False, read)
    if data.load_dataset is None:
        raise UnavailableError(
            f"task {task.name!r} has no source but the mirror {data.mirror!r}",
            where=task.file,
            mend="set BENCHMARK_DATA to the folder of the mirrors",
        )
    if data.archive is not None:
        read = partial(_read_archive, task)
        return Source(f"archive: {data.archive}", _settings(data), True, read)
    if data.load_dataset.on_hub:
        name = f"hub: {data.load_dataset.path}@{data.load_dataset.revision}"
        return Source(name, _settings(data), True, partial(_read_hub, task))
    return _local_source(_folder_name(data.load_dataset), task, data, task.folder)


def _settings(data: Data) -> dict[str, Any]:
    return {"settings": data.model_dump(mode="json", exclude={"mirror"})}


def _mirror_folder(task: Task) -> Path | None:
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
    return folder if folder.is_dir() else None


def _folder_name(spec: LoadDataset) -> str:
    return f"{spec.path}: {', '.join(_patterns(spec)) or spec.data_dir}"


def _patterns(spec: LoadDataset) -> Iterator[str]:
    for patterns in (spec.data_files or {}).values():
        for pattern in patterns:
            yield f"{spec.data_dir}/{pattern}" if spec.data_dir else pattern


# Local files


def _local_source(description: str, task: Task, data: Data, root: Path) -> Source:
    bases = _bases(task, data, root)
    files = _stats(base if base.is_dir() else base.parent for base in bases)
    identity = {"root": str(root), "files": files} | _settings(data)
    return Source(description, identity, False, partial(_read_files, task, data, root))


def _bases(task: Task, data: Data, root: Path) -> list[Path]:
    """The files and folders that the YAML names; of a pattern, the part before the first ``*``."""
    assert data.load_dataset is not None
    spec = data.load_dataset
    named = list(_patterns(spec)) or [spec.data_dir or "."]
    bases = [root / Path(*_before_magic(Path(name).parts)) for name in named]
    for base in bases:
        if not base.exists():
            raise UserError(
                f"task {task.name!r}: {base.relative_to(root)} does not exist",
                where=root if data is _MIRROR else task.file,
                mend=f"paths are relative to {'the top of the archive' if data.archive else root}",
            )
        # A mirror is the user's own choice, and may consist of links.
        for path in [base, *_beneath(base)] if root == task.folder else []:
            check_inside(path, root, task)
    return bases


def _before_magic(parts: Sequence[str]) -> list[str]:
    magic = [i for i, part in enumerate(parts) if glob.has_magic(part)]
    return list(parts[: magic[0]] if magic else parts)


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


def _read_files(task: Task, data: Data, root: Path, scratch: Path) -> Raw:
    folders = [base if base.is_dir() else base.parent for base in _bases(task, data, root)]
    splits = dict(_load_files(task, data, root, scratch))
    return raw_data(task, data, splits, Folder(root, Path(os.path.commonpath(folders))))


def _load_files(task: Task, data: Data, root: Path, scratch: Path) -> Iterator[tuple[str, Table]]:
    assert data.load_dataset is not None
    spec = data.load_dataset
    if spec.data_files is None or spec.path == "imagefolder":
        arguments = _folder_arguments(spec, data, root)
        with _explained(task, spec.data_dir or "the data"):
            yield from _load(spec, scratch, **arguments).items()
        return
    # One at a time, for otherwise the first split's column types are forced upon the others.
    for split, patterns in spec.data_files.items():
        one = spec.model_copy(update={"data_files": {split: patterns}})
        names = ", ".join(patterns)
        with _explained(task, names if root == task.folder else f"{root.name}: {names}"):
            yield from _load(one, scratch / split, data_files=_absolute(one, root)).items()


def _folder_arguments(spec: LoadDataset, data: Data, root: Path) -> dict[str, Any]:
    # Without drop_labels=False a folder with one class, or of uneven depth, loses its labels.
    labels = {"drop_labels": False} if spec.path == "imagefolder" else {}
    if spec.data_files is not None:
        return labels | {"data_files": _absolute(spec, root)}
    folder = root / (spec.data_dir or ".")
    names = _split_names(data)
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
    datasets = _library()
    datasets.disable_progress_bars()
    return dict(datasets.load_dataset(spec.path, cache_dir=str(scratch / "arrow"), **arguments))


def _library() -> Any:
    import datasets

    # Otherwise every load, of local files too, sends a request to a server that counts loads.
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    # It prints what it raises as well.
    datasets.logging.set_verbosity(logging.CRITICAL)
    return datasets


# Other machines


def _read_archive(task: Task, scratch: Path) -> Raw:
    assert task.data.archive is not None
    packed, unpacked = _download(task.data.archive, task), scratch / "unpacked"
    try:
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(unpacked)
    except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error) as error:
        packed.unlink(missing_ok=True)
        raise UserError(
            f"task {task.name!r}: {task.data.archive} is not a whole zip file: {error}",
            where=task.file,
            mend="start again to download it again, or correct the address",
        ) from error
    return _read_files(task, task.data, unpacked, scratch)


def _download(url: str, task: Task) -> Path:
    """The file behind ``url``, kept in the cache; a new name for every address."""
    target = cache.folder() / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:32]
    if target.exists():
        return target
    with cache.workspace() as scratch:
        part = scratch / "part"
        with _explained(task, url, remote=True), part.open("wb") as file:
            _copy(url, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
    return target


def _copy(url: str, file: IO[bytes]) -> None:
    from tqdm import tqdm

    with (
        urllib.request.urlopen(url, timeout=_SECONDS) as reply,  # noqa: S310  (checked in tasks)
        tqdm(desc=f"downloading {url}", unit="B", unit_scale=True, disable=None) as bar,
    ):
        while chunk := reply.read(1 << 20):
            file.write(chunk)
            bar.update(len(chunk))
        expected = reply.headers.get("Content-Length")
    if expected is not None and file.tell() != int(expected):
        raise ConnectionError(f"ended after {file.tell()} of {expected} bytes")


def _read_hub(task: Task, scratch: Path) -> Raw:
    spec = task.data.load_dataset
    assert spec is not None
    with _explained(task, f"the hub's {spec.path}", remote=True):
        _ask_hub()
        splits = _load_hub(spec, scratch)
    return raw_data(task, task.data, splits, None)


def _ask_hub() -> None:
    # Without this question, a hub out of reach costs half a minute of repeated attempts.
    from huggingface_hub import constants

    if not constants.HF_HUB_OFFLINE:
        request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=_SECONDS).close()  # noqa: S310


def _load_hub(spec: LoadDataset, scratch: Path) -> dict[str, Table]:
    datasets = _library()
    config = datasets.DownloadConfig(cache_dir=str(cache.folder() / "downloads"), max_retries=1)
    arguments = spec.model_dump(exclude={"path"}, exclude_none=True)
    return dict(
        datasets.load_dataset(
            spec.path, cache_dir=str(scratch / "arrow"), download_config=config, **arguments
        )
    )


@contextlib.contextmanager
def _explained(task: Task, what: str, *, remote: bool = False) -> Iterator[None]:
    """Turns what goes wrong while loading into a `UserError`; a full disk is left to the cache."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # datasets, pandas, arrow and the network all raise their own
        if cache.disk_error(error) is not None:
            raise
        make = _remote_error if remote else _local_error
        raise make(task, what, error) from error


def _local_error(task: Task, what: str, error: Exception) -> UserError:
    return UserError(
        f"task {task.name!r}: {what} cannot be loaded: {_reason(error)}",
        where=task.file,
        mend="check the keys under 'data' and the files they name",
    )


def _remote_error(task: Task, what: str, error: Exception) -> UserError:
    answered = isinstance(error, urllib.error.HTTPError | FileNotFoundError | ValueError)
    network = isinstance(error, OSError | http.client.HTTPException) and not answered
    mirror = task.data.mirror
    also = f", or set BENCHMARK_DATA to a folder with {mirror}/train.parquet" if mirror else ""
    kind, verb = (UnavailableError, "cannot be reached") if network else (UserError, "fails")
    return kind(
        f"task {task.name!r}: {what} {verb}: {_reason(error)}",
        where=task.file,
        mend=f"check the network and the address{also}",
    )


def _reason(error: BaseException) -> str:
    """The first cause, in one line: datasets wraps it twice and quotes whole tables."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return str(getattr(error.reason, "strerror", None) or error.reason)
    if "corresponds to no data" in str(error):
        return "no images or rows are found there"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]


# scikit-learn


def _read_sklearn(task: Task, scratch: Path) -> Raw:
    from sklearn import datasets

    digits = datasets.load_digits()
    greys = (digits.images * 255 / 16).round().astype(np.uint8)
    whole = RawSplit(digits.target.astype(np.int64), lambda i: Picture(greys[i], f"row {i}"))
    assert task.data.test_fraction is not None
    train, test = own_split(whole, task.data.test_fraction, task.data.split_seed)
    return Raw(train, test, tuple(str(name) for name in digits.target_names))
