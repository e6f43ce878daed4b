"""Data on other machines: zip archives by their address, and the Hugging Face hub."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.error import HTTPError

from benchmark.defaults import cache_folder
from benchmark.errors import UserError
from benchmark.tasks.definition.data_keys import LoadDataset
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.reading import tables
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Reading, refusal
from benchmark.tasks.reading.tables import Table
from benchmark.tasks.sources import hub_access, local
from benchmark.tasks.sources.base import (
    Source,
    UnavailableError,
    library,
    register,
    settings,
)
from benchmark.tasks.sources.downloads import fetch
from benchmark.tasks.sources.unpacking import UnpackingError, unpack
from benchmark.tasks.told_errors import causes, explained, reason
from benchmark.tasks.workspace import workspace

_LOG = logging.getLogger(__name__)


@register
def archive(task: Task) -> Source | None:
    """The zip file whose address the task names."""
    url = task.data.archive
    if url is None:
        return None
    return _source(task, f"archive: {url}", partial(_read_archive, task, url))


@register
def hub(task: Task) -> Source | None:
    """The data set on the hub that the task names."""
    spec = task.data.load_dataset
    if spec is None or not spec.on_hub:
        return None
    return _source(task, f"hub: {spec.path}@{spec.revision}", partial(_read_hub, task, spec))


def _source(task: Task, description: str, read: Callable[[Path], Reading]) -> Source:
    return Source(description, settings(task.data), True, task.data, refusal(task), read)


def _read_archive(task: Task, url: str, scratch: Path) -> Reading:
    packed, unpacked = _download(url, task), scratch / "unpacked"
    try:
        unpack(packed, unpacked)
    except UnpackingError as error:
        packed.unlink(missing_ok=True)
        raise UserError(
            f"task {task.name!r}: {url} {error}",
            where=task.file,
            mend="start again to download it again, or give the address of a sound zip file",
        ) from error
    return local.read(LocalData(refusal(task), task.data, unpacked), scratch)


def _download(url: str, task: Task) -> Path:
    """The file behind ``url``, kept in the cache; a new name for every address."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    target = cache_folder() / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:32]
    pinned = task.data.sha256
    with workspace(target.name) as scratch:
        if target.exists() and (pinned is None or pinned == pooch.file_hash(target)):
            return target
        download = partial(_fetch, task)
        with explained(partial(_error, task, url)):
            part = pooch.retrieve(url, pinned, fname="part", path=scratch, downloader=download)
        target.parent.mkdir(exist_ok=True)
        Path(part).replace(target)
    return target


def _fetch(task: Task, url: str, file: str, _: object) -> None:
    """Downloads for ``pooch.retrieve``, which would say only in prose what hash it found."""
    import pooch

    fetch(url, Path(file))
    _check_hash(task, url, pooch.file_hash(file))


def _check_hash(task: Task, url: str, found: str) -> None:
    pinned = task.data.sha256
    if pinned is None:
        _LOG.warning("%s can change unnoticed: pin it with 'sha256: %s'", url, found)
    elif pinned != found:
        raise UserError(
            f"task {task.name!r}: {url} is not the file that is pinned: "
            f"expected SHA-256 {pinned}, found {found}",
            where=task.file,
            mend=f"if you trust the new file, pin it with 'sha256: {found}'; "
            "otherwise find the old one at another address",
        )


def _read_hub(task: Task, spec: LoadDataset, scratch: Path) -> Reading:
    return tables.reading(task.data, hub_tables(task, spec, scratch), None, refusal(task))


def hub_tables(task: Task, spec: LoadDataset, scratch: Path) -> dict[str, Table]:
    """All splits of a data set on the hub. Raises `UserError` where they cannot be had."""
    with _asking_hub(task, spec.path):
        try:
            with _unknown_commit_said(spec):
                return _load_hub(spec, scratch)
        finally:  # a damaged file explains whatever else went wrong
            hub_access.check_kept(spec.path, "dataset", spec.revision)


def newest_revision(task: Task, path: str) -> str:
    """The commit that the hub's data set ``path`` is at. Raises `UserError` as `hub_tables`."""
    import huggingface_hub

    with _asking_hub(task, path):
        return str(huggingface_hub.HfApi().dataset_info(path).sha)


@contextlib.contextmanager
def _asking_hub(task: Task, path: str) -> Iterator[None]:
    with explained(partial(_error, task, f"the hub's {path}")):
        hub_access.ask()
        with hub_access.impatient():
            yield


@contextlib.contextmanager
def _unknown_commit_said(spec: LoadDataset) -> Iterator[None]:
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        yield
    except Exception as error:
        if any(isinstance(one, RevisionNotFoundError) for one in causes(error)):
            raise ValueError(f"it has no commit {spec.revision}") from None
        raise


def _load_hub(spec: LoadDataset, scratch: Path) -> dict[str, Table]:
    datasets = library()
    shown = sys.stderr.isatty()  # it draws its bars into files and pipes as well
    (datasets.enable_progress_bars if shown else datasets.disable_progress_bars)()
    config = datasets.DownloadConfig(cache_dir=str(cache_folder() / "downloads"), max_retries=1)
    arguments = spec.model_dump(exclude={"path"}, exclude_none=True)
    # Without the prefix, a folder of that name in the current one would be read in its place.
    address = f"hf://datasets/{spec.path}"
    return dict(
        datasets.load_dataset(
            address, cache_dir=str(scratch / "arrow"), download_config=config, **arguments
        )
    )


def _error(task: Task, what: str, error: Exception) -> UserError:
    answered = getattr(error, "response", None) is not None
    answered = answered or isinstance(error, FileNotFoundError | ValueError | HTTPError)
    network = isinstance(error, OSError | http.client.HTTPException) and not answered
    mirror = task.data.mirror
    also = f", or set BENCHMARK_DATA to a folder with {mirror}/train.parquet" if mirror else ""
    kind, verb = (UnavailableError, "cannot be reached") if network else (UserError, "fails")
    why = _network_reason(error) if network else reason(error)
    why = why.replace(f"{Path.cwd()}/", "")  # where datasets looked as well, in vain
    return kind(
        f"task {task.name!r}: {what} {verb}: {why}",
        where=task.file,
        mend=f"check the network and the address{also}",
    )


def _network_reason(error: BaseException) -> str:
    # What the system said is wrapped several times, and not always named as the cause.
    if isinstance(error, TimeoutError):
        return str(error)
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or reason(error)
