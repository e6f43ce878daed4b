"""What is planned and what is stored: frozen data without behaviour of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

FORMAT = 4
"""1 did not say whether an arm is pretraining, which `store` tells from the weights; 2 did not say
the protocol, of which there was one; 3 did not say what the backbone was pretrained on, which its
name tells."""

SET_ASIDE = "superseded"
"""Folder beside records in which earlier versions kept what was replaced; no arm is called so."""

# Names become folders, files and cells of tables: nothing that leads elsewhere or is markup.
_NAME = re.compile(r"""\w[^/\\:*?"<>|$`]{0,127}""")


def is_name(text: str) -> bool:
    """Whether a task, backbone or arm may be called so.

    A letter, digit or ``_``, then anything printable that is no separator of paths and no markup.
    """
    fits = _NAME.fullmatch(text) and text.isprintable() and text == text.strip()
    return bool(fits) and text != SET_ASIDE


@dataclass(frozen=True, order=True)
class Trial:
    """One training to run: (task, backbone, arm, N, seed) gives one record."""

    task: str
    backbone: str
    """A timm name as the user gave it; in records its portable form (no path)."""
    arm: str
    images_per_class: int
    seed: int


@dataclass(frozen=True)
class DataFacts:
    """Which data a record rests on."""

    source: str
    """Where the images came from, e.g. ``scikit-learn: digits`` or ``mirror: parquet``."""
    hash: str
    """SHA-256 of the decoded images and labels of both splits."""
    image_size: int
    """Side of the square images that the network sees, in pixels."""
    classes: int
    train_images: int
    test_images: int
    test_in_train: tuple[int, ...]
    """Indices of test images that are also training images, pixel by pixel."""


@dataclass(frozen=True)
class Training:
    """How an optimisation went. The probe has no optimiser steps: 0 steps and no losses."""

    steps: int
    losses: tuple[float, ...]
    """Training loss in nats, averaged over equal windows of steps; the last may be shorter."""
    levelled_off: bool | None
    """Whether the training loss had stopped falling; None where there is no training loss."""
    seconds: float
    """Spent on all of its steps, also on those that an audit did not take itself because the trial
    that it varies had left them in the cache."""


@dataclass(frozen=True)
class Record:
    """All that is needed to repeat or audit one trial."""

    trial: Trial
    fingerprint: str
    """SHA-256 over recipe, data and weights: records that differ here are never mixed."""
    protocol: int
    """Under which it was made (see `fingerprint.PROTOCOL`)."""
    status: Literal["ok", "failed"]
    reason: str | None
    """Why the trial failed; None if it did not."""
    accuracy: float | None
    """Share of test images classified correctly, 0..1; None if the trial failed."""
    predictions: tuple[int, ...]
    """Predicted class of each test image, in the order of the test split."""
    correct: str
    """One character per test image: ``1`` where the prediction is right, else ``0``."""
    recipe: dict[str, JsonValue]
    data: DataFacts
    backbone_label: str
    """What to call the backbone in a table, e.g. that it is distilled."""
    pretrained_on: str
    """What the backbone's weights were trained on, e.g. ``ImageNet-1k``; ``own``, ``unknown``."""
    weights_hash: str | None
    """SHA-256 of the pretrained tensors; None for an arm that reads none of them."""
    pretrained: bool
    """Whether the arm is pretraining. One that reads pretrained tensors need not be: it may take no
    more than their scale, say."""
    subset_hash: str
    """SHA-256 of the sorted indices of the training subset."""
    training: Training
    versions: dict[str, str]
    device: str
    finished: str
    """UTC time in ISO 8601, to the second."""
    format: int = FORMAT
