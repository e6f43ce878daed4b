"""What, if changed, makes a stored record stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark import files

PROTOCOL = 2
"""That of new records. Goes up when the same recipe no longer means the same training, so that old
records go stale; what they say stays readable, and is never mixed with newer ones."""


@dataclass(frozen=True)
class Ingredients:
    """What a training is made of, beside its recipe."""

    image_size: int
    """Side of the square images that the network sees, in pixels."""
    data_hash: str
    weights_hash: str | None
    """None where no pretrained tensor is read."""
    design: Mapping[str, Any]
    """What decides, beside weights, what the network computes."""


def fingerprint(recipe: Mapping[str, Any], made_of: Ingredients, protocol: int = PROTOCOL) -> str:
    """SHA-256 over all that is used; ``recipe`` as records hold it, for the N in question."""
    return files.digest(
        {
            "protocol": protocol,
            "recipe": recipe,
            "image_size": made_of.image_size,
            "data": made_of.data_hash,
            "weights": made_of.weights_hash,
            "design": made_of.design,
        }
    )
