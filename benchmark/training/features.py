"""Pooled features of a frozen pretrained backbone: one pass over the data, shared by all trials."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from numpy.typing import NDArray

from benchmark import files
from benchmark.tasks import cache
from benchmark.tasks.data import Dataset
from benchmark.training import fit, probing
from benchmark.training.backbones import Backbone
from benchmark.training.loop import predict


@dataclass(frozen=True)
class Features:
    """Float32, ``[images, features]``, for the whole training split and the test split."""

    train: NDArray[np.float32]
    test: NDArray[np.float32]


def pooled(backbone: Backbone, dataset: Dataset, device: str = "cpu") -> Features:
    """The features of both splits, from the cache where they are already known.

    Raises `DivergedError` where the network does not give finite features.
    """
    key = files.digest(
        {
            "features": backbone.weights_hash,
            "data": dataset.hash,
            "versions": (torch.__version__, version("timm")),
            "device": device,
            "size": dataset.train.images.shape[-1],
            "design": backbone.design,
        }
    )

    def fill(writer: cache.Writer) -> None:
        made = _extracted(backbone, dataset, device)
        writer.add("train", made.train, len(made.train))
        writer.add("test", made.test, len(made.test))

    entry = cache.read(key) or cache.make(key, fill)
    return Features(entry.arrays["train"], entry.arrays["test"])


def _extracted(backbone: Backbone, dataset: Dataset, device: str) -> Features:
    side = dataset.train.images.shape[-1]
    model = backbone.create(0, pretrained=True, image_size=side).to(device)

    def features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return predict(model, fit.pixels(images, backbone, device)).cpu().numpy()

    made = Features(features(dataset.train.images), features(dataset.test.images))
    probing.check_usable(made.train, made.test)
    return made
