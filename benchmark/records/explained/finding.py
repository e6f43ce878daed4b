"""What is measured to find out why pretraining helps, or does not. Frozen data without behaviour.

Losses are means of cross-entropy in nats, accuracies and errors shares of 0..1. All of it is kept
as measured; what follows from it is `analysis.explained`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from benchmark.records.record import DataFacts

FORMAT = 2

BASIN, EFFECT, SCALE, REUSE, COMPRESSION = (
    "basin",
    "effect",
    "scale",
    "reuse",
    "compression",
)
"""The questions: same minimum, regularisation or optimisation, features or scale, what is reused,
is it compression."""
QUESTIONS = (BASIN, EFFECT, SCALE, REUSE, COMPRESSION)

RANDOM_START = "random start"
"""Fine-tuning's own training from random weights: scratch as it would be with fine-tuning's recipe.

Which of two trainings is faster, and how far it goes, is a matter of the learning rate as well, and
scratch has settings of its own. Beside this one, nothing differs but the start.
"""

MOST_TEST_IMAGES = 2_000
"""Test losses along trainings and paths, and features, are of so many test images at most."""


@dataclass(frozen=True, order=True)
class Cell:
    """Where it is measured: on one subset of a task, with one backbone."""

    task: str
    backbone: str
    """The name in records."""
    images_per_class: int
    seed: int


@dataclass(frozen=True)
class Look:
    """A network as it was after some views, in evaluation mode, on images as its training had them.

    Not augmented; of the side that the training saw at that moment.
    """

    views: int
    train_loss: float
    test_loss: float


@dataclass(frozen=True)
class Path:
    """A straight line between the weights of two networks, at evenly spaced points, ends included.

    BatchNorm's statistics are taken anew at each point, the ends too, on the training images.
    """

    train_losses: tuple[float, ...]
    test_losses: tuple[float, ...]
    test_errors: tuple[float, ...]


@dataclass(frozen=True)
class Basin:
    """Do both arms end in the same minimum?"""

    ends: dict[str, Look]
    """Arm -> the end of its training."""
    levelled_off: dict[str, bool]
    """Arm -> whether its loss had nothing left to fall."""
    paths: dict[str, Path]
    """``ARM to ARM`` -> the line between their ends; of one arm twice: another order of images, and
    other random weights where there are any."""
    travelled: dict[str, dict[str, float]]
    """Arm -> block -> distance from start to end, as a share of the length of the start."""
    question: Literal["basin"] = "basin"


@dataclass(frozen=True)
class Effect:
    """Does it regularise, or does it make optimisation easier?"""

    courses: dict[str, tuple[Look, ...]]
    """Fine-tuning and `RANDOM_START` -> how the training went, start and end included."""
    levelled_off: dict[str, bool]
    """The same -> whether its loss had nothing left to fall."""
    question: Literal["effect"] = "effect"


@dataclass(frozen=True)
class Scale:
    """Is it the features, or the scale of the weights?"""

    accuracies: dict[str, float]
    """Arm -> test accuracy: fine-tuning, scratch, and scratch with the pretrained scale."""
    blocks: tuple[str, ...]
    """From the images up."""
    reinitialised: dict[int, float]
    """How many of the top blocks got new weights before fine-tuning -> test accuracy."""
    question: Literal["scale"] = "scale"


@dataclass(frozen=True)
class Layers:
    """What the features behind each block are worth, from the images up."""

    before: tuple[float, ...]
    """Accuracy of nearest neighbours on the start's features."""
    after: tuple[float, ...]
    """The same on the trained network's."""
    similarity: tuple[float, ...]
    """Linear CKA of both, 0..1."""


@dataclass(frozen=True)
class Reuse:
    """Which features stay in use?"""

    blocks: tuple[str, ...]
    """From the images up."""
    layers: dict[str, Layers]
    """Fine-tuning and `RANDOM_START` -> its network."""
    question: Literal["reuse"] = "reuse"


@dataclass(frozen=True)
class Compression:
    """Do weights that compress the images do as well?"""

    accuracies: dict[str, float]
    """Arm -> test accuracy: scratch, fine-tuning and the autoencoders."""
    explained: dict[str, float]
    """Autoencoder -> share of the variance of pixels that it painted right in the end, hidden parts
    of the training images included; 0 is what the mean colour achieves."""
    question: Literal["compression"] = "compression"


Answer = Annotated[Basin | Effect | Scale | Reuse | Compression, Field(discriminator="question")]


@dataclass(frozen=True)
class Finding:
    """What was measured for one question in one cell, with all that is needed to repeat it."""

    cell: Cell
    question: str
    fingerprint: str
    """SHA-256 over the method and the fingerprints of the trainings that it rests on."""
    protocol: int
    reason: str | None
    """Why there is no answer: a training diverged."""
    answer: Answer | None
    recipes: dict[str, dict[str, JsonValue]]
    """Training -> its recipe."""
    data: DataFacts
    backbone_label: str
    weights_hash: str
    """SHA-256 of the pretrained tensors."""
    subset_hash: str
    """SHA-256 of the sorted indices of the training subset."""
    seconds: float
    """Spent on measuring, and on trainings that were not in the cache."""
    versions: dict[str, str]
    device: str
    finished: str
    """UTC time in ISO 8601, to the second."""
    format: int = FORMAT
