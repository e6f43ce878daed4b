"""Networks by name. The only module that imports timm.

A backbone name is whatever ``timm.create_model`` takes: a registry name (``resnet18.a1_in1k``),
``hf-hub:ORG/NAME``, ``local-dir:FOLDER``, or the bundled ``test_resnet.distilled_in1k``.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

import torch
from torch import nn

from benchmark import torchvision_ops  # noqa: F401  (declares what importing timm needs)
from benchmark.errors import UserError, nearest

# isort: split
import timm

BUNDLED = "test_resnet.distilled_in1k"
_BUNDLED_FOLDER = Path(__file__).parent / "quickstart"
_LOCAL = "local-dir:"
_HUB = "hf-hub:"


@dataclass(frozen=True)
class Preprocessing:
    """How the backbone wants its input: RGB in 0..1, minus ``mean``, divided by ``std``."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str
    fixed_input_size: bool
    """Whether the network is built for one image size, as vision transformers are."""


def timm_name(name: str) -> str:
    """What timm is asked for: the bundled backbone becomes its ``local-dir:`` folder."""
    return f"{_LOCAL}{_BUNDLED_FOLDER}" if name == BUNDLED else name


def portable_name(name: str) -> str:
    """The name that records carry: the folder's own name for ``local-dir:``, never its path."""
    if name.startswith(_LOCAL):
        return Path(name.removeprefix(_LOCAL)).resolve().name
    return name.removeprefix(_HUB).replace("/", "--")


def check_name(name: str) -> None:
    """Raises `UserError` for a name that cannot be a backbone; asks no hub."""
    if name.startswith(_LOCAL):
        _check_folder(Path(name.removeprefix(_LOCAL)))
    elif name != BUNDLED and not name.startswith(_HUB):
        _check_registry_name(name)


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise UserError(
            "there is no backbone in this folder: config.json is missing",
            where=folder,
            mend="name a folder in timm's local-dir format: config.json and model.safetensors",
        )


def _check_registry_name(name: str) -> None:
    architecture, _, tag = name.partition(".")
    known = [BUNDLED, *timm.list_models()]
    tags = [
        known_name for known_name in timm.list_pretrained() if known_name.startswith(architecture)
    ]
    if architecture not in known or (tag and name not in tags):
        raise UserError(
            f"unknown backbone {name!r}{nearest(name, tags or known)}",
            mend="any timm model name works, as do local-dir:FOLDER and hf-hub:ORG/NAME",
        )


def create(
    name: str, classes: int, *, pretrained: bool, image_size: int | None = None
) -> nn.Module:
    """A network with a classifier for ``classes`` that starts at zero, in float32, channels last.

    ``classes=0`` gives the pooled features instead. ``image_size`` (pixels) matters to networks
    that are built for one size; timm then resamples their position embeddings.

    A zero start (as in BiT, Kolesnikov et al. 2020) gives every arm the same first prediction.
    timm starts MobileNet classifiers so wide that the first logits have a standard deviation near
    10, which cost 18 points of fine-tuned accuracy in one cell.
    Raises `UserError` if the weights cannot be had, or leave any backbone tensor unfilled.
    """
    check_name(name)
    fixed = image_size is not None and preprocessing(name).fixed_input_size
    sized: dict[str, Any] = {"img_size": image_size} if fixed else {}
    model = _load(name, **sized) if pretrained else _build(name, pretrained=False, **sized)
    if classes:
        model.reset_classifier(classes)  # type: ignore[operator]
        for parameter in cast(nn.Module, model.get_classifier()).parameters():  # type: ignore[operator]
            nn.init.zeros_(parameter)
    # 1.1 to 1.6 times faster on CPUs.
    channels_last: nn.Module = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return channels_last


def _build(name: str, *, pretrained: bool, **sized: Any) -> nn.Module:
    try:
        model = timm.create_model(timm_name(name), pretrained=pretrained, num_classes=0, **sized)
        return cast(nn.Module, model)
    except Exception as error:  # timm, torch, the hub and the file system all raise their own
        raise UserError(
            f"cannot build backbone {name!r}: {error}",
            mend="check the name and the network, or use a local-dir: folder",
        ) from error


def _load(name: str, **sized: Any) -> nn.Module:
    with _observed_loads() as loads:
        model = _build(name, pretrained=True, **sized)
    unfilled = [key for missing in loads for key in missing]
    custom = bool(cast(dict[str, Any], model.pretrained_cfg).get("custom_load"))
    if unfilled or not (loads or custom):
        tensors = ", ".join(unfilled[:3]) or "all of them"
        raise UserError(
            f"the weights of backbone {name!r} leave tensors unfilled "
            f"({len(unfilled) or 'all'} of them): {tensors}",
            mend="the checkpoint does not belong to this architecture; check the tensor names",
        )
    return model


@contextlib.contextmanager
def _observed_loads() -> Iterator[list[list[str]]]:
    """Collects the missing keys of each ``load_state_dict`` of a model, which timm only logs."""
    original = nn.Module.load_state_dict
    missing: list[list[str]] = []

    def observed(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        result = original(module, *args, **kwargs)
        missing.append(list(result.missing_keys))
        return result

    with mock.patch.object(nn.Module, "load_state_dict", observed):
        yield missing


@functools.cache
def preprocessing(name: str) -> Preprocessing:
    """Mean, standard deviation and interpolation from the network's pretrained configuration."""
    check_name(name)
    config = cast(dict[str, Any], _build(name, pretrained=False).pretrained_cfg)
    return Preprocessing(
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        interpolation=config["interpolation"],
        fixed_input_size=bool(config.get("fixed_input_size")),
    )


def label(name: str) -> str:
    """What to call the backbone in a table: the bundled one says that it is distilled."""
    if name.startswith(_LOCAL) or name == BUNDLED:
        folder = Path(timm_name(name).removeprefix(_LOCAL))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(config["pretrained_cfg"].get("description") or portable_name(name))
    return name


@functools.cache
def weights_hash(name: str) -> str:
    """SHA-256 over the names and bytes of the pretrained backbone's tensors."""
    digest = hashlib.sha256()
    for key, tensor in sorted(_load(name).state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
