"""What the features behind each block are worth, and how alike two sets of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.explain.blocks import Block
from benchmark.training.loop import Pixels

Features = NDArray[np.float32]
"""``[images, features]``."""

NEIGHBOURS = 5


@torch.inference_mode()
def features(
    model: nn.Module, blocks: Sequence[Block], pixels: Pixels, batch_size: int = 256
) -> list[Features]:
    """What comes out of each block in evaluation mode, pooled over places."""
    model.eval()
    last: dict[str, Tensor] = {}
    channels_last = getattr(model, "output_fmt", "NCHW") == "NHWC"
    handles = [
        model.get_submodule(name).register_forward_hook(_keeper(last, block.name, channels_last))
        for block in blocks
        for name in block.modules
    ]
    found: list[list[Tensor]] = []
    try:
        for start in range(0, len(pixels.images), batch_size):
            model(pixels.batch(slice(start, start + batch_size)))
            found.append([last[block.name] for block in blocks])
    finally:
        for handle in handles:
            handle.remove()
    return [torch.cat(parts).cpu().numpy() for parts in zip(*found, strict=True)]


def _keeper(last: dict[str, Tensor], block: str, channels_last: bool) -> Any:
    """Of a block's modules the one that runs last gives its features."""

    def keep(module: nn.Module, given: object, output: Tensor) -> None:
        last[block] = _pooled(output, channels_last)

    return keep


def _pooled(output: Tensor, channels_last: bool) -> Tensor:
    if output.ndim == 4:
        return output.mean((1, 2) if channels_last else (2, 3))
    return output.mean(1) if output.ndim == 3 else output


def neighbours_accuracy(
    train: Features, labels: NDArray[np.int64], test: Features, test_labels: NDArray[np.int64]
) -> float:
    """Accuracy of nearest neighbours by cosine on ``test``, 0..1 (Matsoukas et al. 2022).

    Five of them, or as many as the smallest class has images; nearer ones weigh more.
    """
    from sklearn.neighbors import KNeighborsClassifier

    count = min(NEIGHBOURS, int(np.bincount(labels)[np.unique(labels)].min()))
    judge = KNeighborsClassifier(count, metric="cosine", weights="distance")
    return float(judge.fit(train, labels).score(test, test_labels))


def linear_cka(one: Features, other: Features) -> float:
    """Centred kernel alignment with a linear kernel, 0..1 (Kornblith et al. 2019, equation 4).

    1 where the features differ by a rotation, a shift and a scale; 0 where either never changes.
    """
    first, second = (
        part.astype(np.float64) - part.mean(0, dtype=np.float64) for part in (one, other)
    )
    own = float(np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second))
    shared = float(np.linalg.norm(first.T @ second) ** 2)
    return min(1.0, shared / own) if own else 0.0
