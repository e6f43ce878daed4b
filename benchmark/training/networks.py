"""Builds networks with timm, which no other module imports, and checks that weights fill them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, cast

import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook
from torch.utils.hooks import RemovableHandle

from benchmark.errors import UserError
from benchmark.records.recipe import Recipe
from benchmark.training import hub
from benchmark.training import torchvision_ops as _declared  # noqa: F401  (timm needs it)

# isort: split
import timm
from timm.optim import Muon, param_groups_weight_decay

HUB = "hf-hub:"
FOLDER = "local-dir:"


@functools.cache
def known_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """timm's architectures, and its names of architectures with weights."""
    return tuple(timm.list_models()), tuple(timm.list_pretrained())


def build(name: str, image_size: int | None = None, *, pretrained: bool) -> nn.Module:
    """The network without a classifier, by the name that timm knows.

    ``image_size`` (pixels) is for networks that are made for one size. Raises `UserError` where
    timm cannot build it or the weights cannot be had.
    """
    sized = {} if image_size is None else {"img_size": image_size}
    asks_hub = name.startswith(HUB) or (pretrained and not name.startswith(FOLDER))
    try:
        with hub.offline_where_silent() if asks_hub else contextlib.nullcontext():
            model = timm.create_model(name, pretrained=pretrained, num_classes=0, **sized)
        return cast(nn.Module, model)
    except Exception as error:  # timm, torch, the hub and the file system all raise their own
        unreachable = "the model hub cannot be reached, and nothing was kept from an earlier run"
        reason = unreachable if isinstance(error, LocalEntryNotFoundError) else error
        raise UserError(
            f"cannot build backbone {name!r}: {reason}",
            mend="check the name and the network, or use a local-dir: folder",
        ) from error


@functools.lru_cache(maxsize=4)
def filled(name: str, image_size: int | None = None) -> nn.Module:
    """The network with its weights, read once per process: to be copied, never trained.

    Raises `UserError` if the weights cannot be had, or leave any tensor unfilled.
    """
    with _observed_loads() as loads:
        model = build(name, image_size, pretrained=True)
    unfilled = list(dict.fromkeys(key for missing in loads for key in missing))
    custom = bool(configuration(model).get("custom_load"))
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
    """Collects the missing keys of each load of a state, which timm only logs.

    The network is not there yet, so its parts are watched from the moment that they join it. Every
    part is told of one list, which the load fills to its end.
    """
    handles: list[RemovableHandle] = []
    missing: list[list[str]] = []

    def remember(_: nn.Module, keys: Any) -> None:
        if not any(keys.missing_keys is known for known in missing):
            missing.append(keys.missing_keys)

    def watch(_: nn.Module, name: str, part: nn.Module | None) -> None:
        if part is not None:
            handles.append(part.register_load_state_dict_post_hook(remember))

    handles.append(register_module_module_registration_hook(watch))
    try:
        yield missing
    finally:
        for handle in handles:
            handle.remove()


def configuration(model: nn.Module) -> dict[str, Any]:
    """What timm knows of the network's weights: preprocessing, source, licence."""
    return cast(dict[str, Any], model.pretrained_cfg)


def optimiser_for(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """What ``recipe`` asks for. Weight decay is for matrices and kernels, not biases and norms.

    Muon (Jordan et al. 2024) orthogonalises the momentum of each kernel or matrix; timm leaves
    depthwise kernels, matrices flatter than 1:128, biases and norms to AdamW (Nesterov's kind).
    """
    groups = param_groups_weight_decay(model, recipe.weight_decay)
    if recipe.optimiser == "muon":
        return cast(torch.optim.Optimizer, Muon(groups, lr=recipe.learning_rate, nesterov=True))
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
