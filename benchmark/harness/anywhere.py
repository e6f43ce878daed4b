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
from benchmark.training import backbones, checkpoints
from benchmark.training.fit import dataset_for
from benchmark.training.networks import FOLDER


@dataclass(frozen=True)
class Anywhere:
    """`job.run`, here or elsewhere. Networks of a hub are fetched by each machine for itself."""

    def __call__(self, job: Job) -> Record:
        """Here."""
        return run_job(job)

    def needs(self, job: Job) -> Needs:
        """The images, and the backbone's folder if it has one beside the package."""
        images = {_images_key(job): partial(_images, job)}
        has_folder = job.backbone.startswith(FOLDER)
        weights = {_folder_key(job): partial(_content, job)} if has_folder else {}
        return images | weights

    def device(self, job: Job) -> str:
        """What it trains on."""
        return job.device

    def away(self, job: Job, brought: Mapping[Hashable, Any]) -> Record:
        """As when called."""
        if (content := brought.get(_folder_key(job))) is not None:
            job = replace(job, backbone=f"{FOLDER}{_written(job, content)}")
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


def _folder_key(job: Job) -> Hashable:
    return "weights", job.trial.backbone


def _content(job: Job) -> dict[str, bytes]:
    folder = backbones.find(job.backbone).folder
    assert folder is not None
    read = [folder / checkpoints.CONFIG]
    with contextlib.suppress(UserError):  # an arm that starts at random needs none
        read.append(checkpoints.weights_file(folder))
    return {file.name: file.read_bytes() for file in read}


def _written(job: Job, content: Mapping[str, bytes]) -> Path:
    """A folder of this machine that holds it, under the name that records carry."""
    digest = hashlib.sha256(b"".join(content.values())).hexdigest()
    folder = cache_folder() / "backbones" / digest / job.trial.backbone
    for name, part in content.items():
        if not (folder / name).is_file():
            files.write(folder / name, part)
    return folder
