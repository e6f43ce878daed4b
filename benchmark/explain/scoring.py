"""Loss and accuracy of a network on labelled images, shrunk as its training may have had them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmark.training.loop import DivergedError, Pixels


@dataclass(frozen=True)
class Labelled:
    """Images and their classes."""

    pixels: Pixels
    labels: Tensor
    """int64, ``[n]``."""


@dataclass(frozen=True)
class Score:
    """Of one network on some images."""

    loss: float
    """Mean cross-entropy in nats."""
    accuracy: float
    """0..1."""


@torch.inference_mode()
def scored(
    model: nn.Module, images: Labelled, side: int | None = None, batch_size: int = 256
) -> Score:
    """In evaluation mode; images are shrunk to ``side`` pixels, as augmentation shrinks them.

    Raises `DivergedError` where outputs are not finite.
    """
    model.eval()
    count, parts = len(images.labels), []
    for start in range(0, count, batch_size):
        batch = images.pixels.batch(slice(start, start + batch_size))
        if side not in (None, batch.shape[-1]):
            batch = functional.interpolate(batch, size=(side, side), mode="bilinear")
        parts.append(model(batch))
    outputs = torch.cat(parts).double()
    if not outputs.isfinite().all():
        raise DivergedError("the network's outputs are not finite")
    loss = float(functional.cross_entropy(outputs, images.labels))
    return Score(loss, float((outputs.argmax(1) == images.labels).double().mean()))
