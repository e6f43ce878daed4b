"""Backbones by name, each an object that is made once.

A name is whatever ``timm.create_model`` takes: a registry name (``resnet18.a1_in1k``),
``hf-hub:ORG/NAME``, ``local-dir:FOLDER``, or the bundled ``test_resnet.distilled_in1k``; or a file
of one's own, ``checkpoint:ARCHITECTURE:FILE``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from benchmark import files
from benchmark.defaults import BUNDLED, BUNDLED_FOLDER, option
from benchmark.errors import UserError
from benchmark.records import backbone_names
from benchmark.records.backbone_names import UNKNOWN
from benchmark.training import checkpoints, names, networks, weights
from benchmark.training.names import check_differ, portable_name
from benchmark.training.networks import FOLDER, HUB
from benchmark.training.preprocessing import Preprocessing, preprocessing
from benchmark.training.single_files import CHECKPOINT

__all__ = ["Backbone", "Preprocessing", "check_differ", "find", "portable_name"]


@dataclass(frozen=True)
class Backbone:
    """A network that has no classifier yet. Builds and reads nothing before it is asked."""

    name: str
    """As the user gave it."""

    @property
    def folder(self) -> Path | None:
        """Where its config and weights lie; None for timm's own and the hub's."""
        if self.name == BUNDLED:
            return BUNDLED_FOLDER
        return Path(self.name.removeprefix(FOLDER)) if self.name.startswith(FOLDER) else None

    @property
    def portable_name(self) -> str:
        """The name that records carry: the folder's own name for ``local-dir:``, never its path."""
        return portable_name(self.name)

    @property
    def timm_name(self) -> str:
        """What timm knows it by, a folder by its path."""
        return self.name if self.folder is None else f"{FOLDER}{self.folder}"

    @functools.cached_property
    def preprocessing(self) -> Preprocessing:
        """Mean, deviation and interpolation from the network's pretrained configuration."""
        return preprocessing(self._configuration, self.name)

    @functools.cached_property
    @torch.random.fork_rng(devices=[])  # whoever asks first may have set a seed
    def _configuration(self) -> dict[str, Any]:
        return networks.configuration(networks.build(self.timm_name, pretrained=False))

    @functools.cached_property
    def design(self) -> dict[str, Any]:
        """What decides, beside weights, what a network computes; a folder may change.

        Of one on the hub, whose config timm reads by itself, the network as it is built.
        """
        built = {key: self._config.get(key) for key in ("architecture", "model_args")}
        if self.name.startswith(HUB):
            built["network"] = self._as_built
        return built | asdict(self.preprocessing)

    @functools.cached_property
    @torch.random.fork_rng(devices=[])
    def _as_built(self) -> str:
        return files.digest(str(networks.build(self.timm_name, pretrained=False)))

    @functools.cached_property
    def label(self) -> str:
        """What to call the backbone in a table: the bundled one says that it is distilled."""
        if self.name.startswith(CHECKPOINT):
            return self.portable_name
        if self.folder is None:
            return self.name
        described = self._config.get("pretrained_cfg", self._config).get("description")
        return str(described or self.portable_name)

    @functools.cached_property
    def _config(self) -> dict[str, Any]:
        if self.folder is None:
            return {}
        return checkpoints.configuration(self.folder)

    @property
    def weights_hash(self) -> str:
        """SHA-256 over the names and bytes of the pretrained tensors."""
        return weights.weights_hash(self.timm_name)

    @property
    def weights_note(self) -> str:
        """Where the weights come from and how they fit; empty where the name says it."""
        note = weights.filled(self.timm_name).note
        renamed = note and self.portable_name != self.name
        return f"{note}; records call it {self.portable_name}" if renamed else note

    @functools.cached_property
    def pretrained_on(self) -> str:
        """What its tag says of the weights, e.g. ``ImageNet-1k``; else ``own`` or ``unknown``."""
        said = backbone_names.pretrained_on(self.portable_name)
        tag = self._configuration.get("tag")
        return backbone_names.pretrained_on(f".{tag}") if said == UNKNOWN else said

    @functools.cached_property
    @torch.random.fork_rng(devices=[])
    def has_batch_norm(self) -> bool:
        """Whether it keeps statistics of what it has seen."""
        parts = networks.build(self.timm_name, pretrained=False).modules()
        return any(isinstance(part, _BatchNorm) for part in parts)

    def drops_at(self, rate: str) -> bool:
        """Whether it can drop something at random while it trains.

        ``drop_rate``: inputs of its classifier (dropout); ``drop_path_rate``: whole blocks
        (stochastic depth).
        """
        return networks.drops_at(self.timm_name, rate)

    def create(
        self,
        classes: int,
        *,
        pretrained: bool,
        image_size: int | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> nn.Module:
        """A network with a classifier for ``classes`` that starts at zero; float32, channels last.

        ``classes=0`` gives the pooled features instead. ``image_size`` (pixels) matters to networks
        that are built for one size; timm then resamples their position embeddings. ``rates`` (see
        `drops_at`) are for random weights.

        A zero start (as in BiT, Kolesnikov et al. 2020) gives every arm the same first prediction.
        timm starts MobileNet classifiers so wide that the first logits have a standard deviation
        near 10, which cost 18 points of fine-tuned accuracy in one cell.
        Raises `UserError` if the weights cannot be had, or leave any backbone tensor unfilled.
        """
        size = image_size if image_size and self.preprocessing.fixed_input_size else None
        if pretrained:
            assert not rates, "read once per process, without them"
            model = copy.deepcopy(weights.filled(self.timm_name, size).network)
        else:
            model = networks.build(self.timm_name, size, pretrained=False, rates=rates)
        if classes:
            model.reset_classifier(classes)  # type: ignore[operator]
            _start_at_zero(model, classes)
        # 1.1 to 1.6 times faster on CPUs.
        channels_last: nn.Module = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return channels_last

    def check_size(self, image_size: int) -> None:
        """Raises `UserError` if the network cannot take images of ``image_size`` pixels."""
        _check_size(self, image_size)

    def takes_half(self, image_size: int) -> bool:
        """Whether a network that is built for images of ``image_size`` pixels takes their half."""
        if self.preprocessing.fixed_input_size:
            return False
        try:
            self.check_size(image_size // 2)
        except UserError:
            return False
        return True


def _start_at_zero(model: nn.Module, classes: int) -> None:
    """Only the layers that give the logits: behind two layers of zeros nothing would be learned."""
    for layer in logit_layers(model, classes):
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


def logit_layers(model: nn.Module, classes: int) -> list[nn.Linear | nn.Conv2d]:
    """The layers of the classifier that give the logits: one, or as many as there are heads."""
    heads = model.get_classifier()  # type: ignore[operator]
    return [
        layer
        for head in (heads if isinstance(heads, tuple) else (heads,))
        for layer in cast(nn.Module, head).modules()
        if isinstance(layer, nn.Linear | nn.Conv2d) and len(layer.weight) == classes
    ]


@functools.cache
def _check_size(backbone: Backbone, image_size: int) -> None:
    model = backbone.create(0, pretrained=False, image_size=image_size).eval()
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:  # each network notices in a way of its own
        raise UserError(
            f"backbone {backbone.name!r} cannot take images of {image_size} pixels",
            mend=f"choose another size with {option('image-size')}=..., such as a multiple of "
            "32 or its own",
        ) from error


@functools.cache
def find(name: str) -> Backbone:
    """The backbone of this name, the same object in all of a process.

    Raises `UserError` for a name that cannot be one; asks no hub.
    """
    names.check(name)
    return Backbone(name)
