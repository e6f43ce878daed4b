"""Networks by name. The only module that imports timm.

A backbone name is whatever ``timm.create_model`` takes: a registry name (``resnet18.a1_in1k``),
``hf-hub:ORG/NAME``, ``local-dir:FOLDER``, or the bundled ``test_resnet.distilled_in1k``.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

import torch
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError
from torch import nn

from benchmark.defaults import BUNDLED, BUNDLED_FOLDER
from benchmark.errors import UserError, nearest
from benchmark.training import torchvision_ops as _declared  # noqa: F401  (what importing timm needs)

# isort: split
import timm

_LOCAL = "local-dir:"
_HUB = "hf-hub:"
_HUB_SECONDS = 10.0


@dataclass(frozen=True)
class Preprocessing:
    """How the backbone wants its input: RGB in 0..1, minus ``mean``, divided by ``std``."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str
    fixed_input_size: bool
    """Whether the network is built for one image size, as vision transformers are."""


def _is_folder(name: str) -> bool:
    return name.startswith(_LOCAL) or name == BUNDLED


def timm_name(name: str) -> str:
    """What timm is asked for: the bundled backbone becomes its ``local-dir:`` folder."""
    return f"{_LOCAL}{BUNDLED_FOLDER}" if name == BUNDLED else name


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
    pretrained = [BUNDLED, *timm.list_pretrained()]
    tags = [known_name for known_name in pretrained if known_name.startswith(architecture)]
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
    size = image_size if image_size and preprocessing(name).fixed_input_size else None
    if pretrained:
        model = copy.deepcopy(_pretrained(name, size))
    else:
        model = _build(name, size, pretrained=False)
    if classes:
        model.reset_classifier(classes)  # type: ignore[operator]
        _start_at_zero(model, classes)
    # 1.1 to 1.6 times faster on CPUs.
    channels_last: nn.Module = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return channels_last


def _start_at_zero(model: nn.Module, classes: int) -> None:
    """Only the layers that give the logits: behind two layers of zeros nothing would be learned."""
    heads = model.get_classifier()  # type: ignore[operator]
    for head in heads if isinstance(heads, tuple) else (heads,):
        for layer in cast(nn.Module, head).modules():
            if isinstance(layer, nn.Linear | nn.Conv2d) and len(layer.weight) == classes:
                for parameter in layer.parameters():
                    nn.init.zeros_(parameter)


def _build(name: str, image_size: int | None = None, *, pretrained: bool) -> nn.Module:
    sized = {} if image_size is None else {"img_size": image_size}
    asks_hub = name.startswith(_HUB) or (pretrained and not _is_folder(name))
    offline = constants.HF_HUB_OFFLINE or (asks_hub and not _hub_answers())
    try:
        # Offline, the hub's client looks on this machine only, and answers at once.
        with mock.patch.object(constants, "HF_HUB_OFFLINE", offline):
            model = timm.create_model(
                timm_name(name), pretrained=pretrained, num_classes=0, **sized
            )
        return cast(nn.Module, model)
    except Exception as error:  # timm, torch, the hub and the file system all raise their own
        unreachable = "the model hub cannot be reached, and nothing was kept from an earlier run"
        reason = unreachable if isinstance(error, LocalEntryNotFoundError) else error
        raise UserError(
            f"cannot build backbone {name!r}: {reason}",
            mend="check the name and the network, or use a local-dir: folder",
        ) from error


@functools.cache
def _hub_answers() -> bool:
    """Whether the model hub can be reached; its client would try again for up to a minute."""
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=_HUB_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


@functools.lru_cache(maxsize=4)
def _pretrained(name: str, image_size: int | None = None) -> nn.Module:
    """The network with its weights, read once per process: to be copied, never trained."""
    with _observed_loads() as loads:
        model = _build(name, image_size, pretrained=True)
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


@functools.cache
def check_size(name: str, image_size: int) -> None:
    """Raises `UserError` if the network cannot take images of ``image_size`` pixels."""
    model = create(name, 0, pretrained=False, image_size=image_size).eval()
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:  # each network notices in a way of its own
        raise UserError(
            f"backbone {name!r} cannot take images of {image_size} pixels: {error}",
            mend="choose another size with IMAGE_SIZE=...",
        ) from error


@functools.cache
def design(name: str) -> dict[str, Any]:
    """What decides, beside weights, what a network computes; a folder may change under its name."""
    config = _config(name) if _is_folder(name) else {}
    built = {key: config.get(key) for key in ("architecture", "model_args")}
    return built | asdict(preprocessing(name))


def label(name: str) -> str:
    """What to call the backbone in a table: the bundled one says that it is distilled."""
    if _is_folder(name):
        config = _config(name)
        described = config.get("pretrained_cfg", config).get("description")
        return str(described or portable_name(name))
    return name


def _config(name: str) -> dict[str, Any]:
    folder = Path(timm_name(name).removeprefix(_LOCAL))
    return cast(dict[str, Any], json.loads((folder / "config.json").read_text(encoding="utf-8")))


@functools.cache
def weights_hash(name: str) -> str:
    """SHA-256 over the names and bytes of the pretrained backbone's tensors."""
    digest = hashlib.sha256()
    for key, tensor in sorted(_pretrained(name).state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
