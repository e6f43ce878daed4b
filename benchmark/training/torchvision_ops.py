"""Imports torchvision, also where its compiled operators do not match torch.

torchvision's wheels on the public index are built against CUDA builds of torch. Beside a CPU build
their shared library does not load, and ``import torchvision`` (hence ``import timm``) stops at
"operator torchvision::nms does not exist", because torchvision registers meta kernels for two
operators that nobody has declared. Declaring their schemas first is enough; nothing here uses them.
Where torchvision is whole its own library declares them, and they must not be declared twice.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch


def _loads_its_operators() -> bool:
    """Whether torchvision's own library loads; found on disk, for importing it would fail."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        return True
    for library in Path(package.origin).parent.glob("_C*"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
        return True
    return False


@functools.cache
def declare_missing() -> torch.library.Library | None:
    """Declares the schemas that torchvision cannot; the cache keeps the declaration alive."""
    if _loads_its_operators():
        return None
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


declare_missing()
from torchvision import transforms  # noqa: E402  (only after the schemas exist)

__all__ = ["transforms"]
