"""What the name of a backbone in records tells: what it was pretrained on, and whose file it is."""

from __future__ import annotations

import re

OWN = "own"
UNKNOWN = "unknown"

_ORDERED = (
    ("distilled", re.compile(r"distilled")),
    ("iNaturalist", re.compile(r"inat\w*", re.IGNORECASE)),
    (
        "web",
        re.compile(
            r"swsl|ssl|swag|seer|ig\d\w*|yfcc\w*|jft|openai|laion\w*|webli|datacomp\w*|dfn\w*"
            r"|metaclip\w*|clip|cc12m|merged2b|lvd\w*"
        ),
    ),
    ("ImageNet-21k", re.compile(r"inw?(21|22|12)k")),
    ("ImageNet-1k", re.compile(r"in1k")),
)
"""What parts of timm's tags mean, the first that is found first: what came before a later training
on ImageNet-1k is what tells networks apart. ImageNet-12k is a part of ImageNet-21k; ``web`` stands
for photographs with captions, hashtags or no labels at all."""
_CHECKPOINT = re.compile(r"(?P<architecture>\w+(\.\w+)?)\.checkpoint-[0-9a-f]{8}", re.ASCII)


def of_checkpoint(architecture: str, weights_hash: str) -> str:
    """What records call somebody's own file of weights: the same wherever it lies and is called."""
    return f"{architecture}.checkpoint-{weights_hash[:8]}"


def architecture_of_checkpoint(name: str) -> str | None:
    """Of a name that `of_checkpoint` made; None for any other."""
    found = _CHECKPOINT.fullmatch(name)
    return found["architecture"] if found else None


def pretrained_on(name: str) -> str:
    """What the tag in a backbone's name says, e.g. ``ImageNet-1k`` for ``resnet18.a1_in1k``."""
    if architecture_of_checkpoint(name):
        return OWN
    parts = name.partition("@")[0].partition(".")[2].split("_")
    for what, marks in _ORDERED:
        if any(marks.fullmatch(part) for part in parts):
            return what
    return UNKNOWN
