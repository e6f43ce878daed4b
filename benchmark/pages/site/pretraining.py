"""What pretrained weights were trained on, as far as their name says."""

from __future__ import annotations

from benchmark.analysis.board import Board

NONE, NOT_STATED = "nothing", "not stated"

# timm names weights ARCHITECTURE.TAG; a tag names its data sets among other words.
_DATA = {
    "in1k": "ImageNet-1k",
    "in12k": "ImageNet-12k",
    "in21k": "ImageNet-21k",
    "in22k": "ImageNet-22k",
    "inat21": "iNaturalist 2021",
    "laion2b": "LAION-2B",
    "laion400m": "LAION-400M",
    "lvd142m": "LVD-142M",
    "lvd1689m": "LVD-1689M",
    "openai": "WebImageText",
    "places365": "Places365",
    "webli": "WebLI",
}


def source(board: Board, arm: str) -> str:
    """The data sets in the order of training, or words for why there are none to name."""
    if not board.arms[arm].pretrained:
        return NONE
    tag = board.backbone.partition(".")[2]
    return ", ".join(_DATA[word] for word in tag.split("_") if word in _DATA) or NOT_STATED
