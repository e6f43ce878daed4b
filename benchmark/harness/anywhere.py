"""A job on a machine that has neither this one's images nor its folders of weights."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import files
from benchmark.defaults import cache_folder
from benchmark.errors import UserError
from benchmark.harness.executors import Needs
from benchmark.harness.job import Job
from benchmark.harness.job import run as run_job
from benchmark.records.record import Record
from benchmark.tasks.data import Dataset, Split
from benchmark.training import backbones, checkpoints, single_files
from benchmark.training.fit import dataset_for
from benchmark.training.networks import FOLDER
from benchmark.training.single_files import CHECKPOINT


@dataclass(frozen=True)
class Anywhere:
    """`job.run`, here or elsewhere. Networks of a hub are fetched by each machine for itself."""

    def __call__(self, job: Job) -> Record:
        """Here."""
        return run_job(job)

    def needs(self, job: Job) -> Needs:
        """The images, and the backbone's files where it has some beside the package."""
        images = {_images_key(job): partial(_images, job)}
        has_files = job.backbone.startswith((FOLDER, CHECKPOINT))
        weights = {_files_key(job): partial(_content, job)} if has_files else {}
        return images | weights

    def device(self, job: Job) -> str:
        """What it trains on."""
        return job.device

    def away(self, job: Job, brought: Mapping[Hashable, Any]) -> Record:
        """As when called."""
        if (content := brought.get(_files_key(job))) is not None:
            job = replace(job, backbone=_name_of(job.backbone, _written(job, content)))
        return run_job(job, brought[_images_key(job)])


ANYWHERE = Anywhere()


def _images_key(job: Job) -> Hashable:
    made = job.made_of
    return "images", job.task.name, made.data_hash, files.digest([made.image_size, made.design])


def _images(job: Job) -> Dataset:
    dataset = dataset_for(backbones.find(job.backbone), job.task, job.image_size)
    return replace(dataset, train=_plain(dataset.train), test=_plain(dataset.test))


def _plain(split: Split) -> Split:
    """Without the map of a file under it, so that it is not copied where it goes."""
    return Split(np.asarray(split.images), np.asarray(split.labels))


def _files_key(job: Job) -> Hashable:
    return "weights", job.trial.backbone


def _content(job: Job) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in _files(job.backbone)}


def _files(name: str) -> list[Path]:
    """Those that a backbone is read from."""
    if name.startswith(CHECKPOINT):
        return [single_files.parse(name).file]
    folder = Path(name.removeprefix(FOLDER))
    read = [folder / checkpoints.CONFIG]
    with contextlib.suppress(UserError):  # an arm that starts at random needs no weights
        read.append(checkpoints.weights_file(folder))
    return read


def _name_of(name: str, folder: Path) -> str:
    """The backbone, once its files lie in ``folder``."""
    if name.startswith(CHECKPOINT):
        found = single_files.parse(name)
        return f"{CHECKPOINT}{found.architecture}:{folder / found.file.name}"
    return f"{FOLDER}{folder}"


def _written(job: Job, content: Mapping[str, bytes]) -> Path:
    """A folder of this machine that holds it, under the name that records carry."""
    digest = hashlib.sha256(b"".join(content.values())).hexdigest()
    folder = cache_folder() / "backbones" / digest / job.trial.backbone
    for name, part in content.items():
        if not (folder / name).is_file():
            files.write(folder / name, part)
    return folder
