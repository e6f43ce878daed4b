"""Builds networks with timm, which no other module imports, and checks that weights fill them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook
from torch.utils.hooks import RemovableHandle

from benchmark.defaults import environment
from benchmark.errors import UserError, nearest
from benchmark.records.recipe import Recipe
from benchmark.training import checkpoints, hub, tensors
from benchmark.training import torchvision_ops as _declared  # noqa: F401  (timm needs it)

# isort: split
import timm
from timm.optim import Muon, muon, param_groups_weight_decay

HUB = "hf-hub:"
FOLDER = "local-dir:"
_ONLY_TENSORS = {
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "0",
}
"""Of a pickled file torch reads tensors and nothing else, whoever asks for more."""


@functools.cache
def known_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """timm's architectures, and its names of architectures with weights."""
    return tuple(timm.list_models()), tuple(timm.list_pretrained())


def build(
    name: str,
    image_size: int | None = None,
    *,
    pretrained: bool,
    rates: Mapping[str, float] | None = None,
) -> nn.Module:
    """The network without a classifier, by the name that timm knows.

    ``image_size`` (pixels) is for networks that are made for one size, ``rates`` (see `drops_at`)
    for those that have them. Raises `UserError` where timm cannot build it or the weights cannot be
    had.
    """
    given = dict(rates or {}) | ({} if image_size is None else {"img_size": image_size})
    asks_hub = name.startswith(HUB) or (pretrained and not name.startswith(FOLDER))
    if name.startswith(FOLDER):
        _check_folder(Path(name.removeprefix(FOLDER)), pretrained)
    try:
        asked = hub.offline_where_silent() if asks_hub else contextlib.nullcontext()
        with asked, environment(**_ONLY_TENSORS):
            model = timm.create_model(name, pretrained=pretrained, num_classes=0, **given)
        return cast(nn.Module, model)
    except Exception as error:  # timm, torch, the hub and the file system all raise their own
        raise _refusal(name, image_size, pretrained, error) from error


@functools.cache
def drops_at(name: str, rate: str) -> bool:
    """Whether the network drops anything at ``rate``: ``drop_rate`` or ``drop_path_rate``.

    Most networks that do not refuse such a rate; some take it and do nothing.
    """
    tried = 0.4375  # that of no network
    try:
        model = build(name, pretrained=False, rates={rate: tried})
    except UserError:
        return False
    if rate == "drop_path_rate":
        return any(getattr(part, "drop_prob", None) for part in model.modules())
    dropouts = (part.p for part in model.modules() if isinstance(part, nn.Dropout))
    return tried in (getattr(model, rate, None), *dropouts)


def _check_folder(folder: Path, pretrained: bool) -> None:
    architecture = checkpoints.configuration(folder)["architecture"]
    if not timm.is_model(architecture):
        meant = nearest(architecture, list(known_names()[0]))
        raise UserError(
            f"timm knows no architecture {architecture!r}{meant}",
            where=folder / checkpoints.CONFIG,
            mend="correct the key architecture",
        )
    if pretrained:
        checkpoints.weights_file(folder)


def _refusal(name: str, image_size: int | None, pretrained: bool, error: Exception) -> UserError:
    """Why timm cannot build a network, in other words than its own, which ``--debug`` shows."""
    cannot = f"cannot build backbone {name!r}: "
    if pretrained and name in known_names()[0] and not timm.is_model_pretrained(name):
        return UserError(
            f"{cannot}timm has no weights for it", mend="only the arm scratch can do without"
        )
    if not name.startswith(FOLDER):
        return UserError(cannot + hub.reason(error), mend=hub.MEND)
    if pretrained:
        return _unfilled(name, build(name, image_size, pretrained=False), [])
    return UserError(
        f"{cannot}timm does not take the settings of its architecture",
        where=Path(name.removeprefix(FOLDER)) / checkpoints.CONFIG,
        mend="correct model_args and pretrained_cfg; --debug shows what timm says",
    )


def _unfilled(name: str, model: nn.Module, lacking: Sequence[str]) -> UserError:
    """The weights of ``name`` do not fill ``model``; ``lacking`` are tensors left unfilled."""
    cannot = f"the weights of backbone {name!r} do not fill it: "
    if not name.startswith(FOLDER):
        some = ", ".join(lacking[:3]) or "all of its tensors"
        return UserError(f"{cannot}they lack {some}", mend="take another backbone")
    folder = Path(name.removeprefix(FOLDER))
    file = checkpoints.weights_file(folder)
    architecture = checkpoints.configuration(folder)["architecture"]
    wanted = tensors.shapes_of(model.state_dict())
    why = tensors.mismatch(tensors.shapes_in(file), wanted, architecture)
    return UserError(cannot + why.what, where=file, mend=why.mend)


@functools.lru_cache(maxsize=4)
def filled(name: str, image_size: int | None = None) -> nn.Module:
    """The network with its weights, read once per process: to be copied, never trained.

    Raises `UserError` if the weights cannot be had, leave a tensor unfilled or are not finite.
    """
    with _observed_loads() as loads:
        model = build(name, image_size, pretrained=True)
    unfilled = list(dict.fromkeys(key for missing in loads for key in missing))
    custom = bool(configuration(model).get("custom_load"))
    if unfilled or not (loads or custom):
        raise _unfilled(name, model, unfilled)
    _check_numbers(name, model)
    return model


def _check_numbers(name: str, model: nn.Module) -> None:
    state = model.state_dict()
    if name.startswith(FOLDER):
        file = checkpoints.weights_file(Path(name.removeprefix(FOLDER)))
        found, wanted = tensors.shapes_in(file), tensors.shapes_of(state)
        tensors.check_floating(found, wanted, file)
    tensors.check_finite(state, name)


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


class _Float32Muon(Muon):  # type: ignore[misc]
    """timm's, orthogonalising in float32.

    timm does it in bfloat16, whose products CPUs without such instructions emulate: it takes ten
    times as long there, and half of a training. And each CPU rounds them in its own way.
    """

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        in_bfloat16 = muon.zeropower_via_newtonschulz
        muon.zeropower_via_newtonschulz = functools.partial(in_bfloat16, dtype=torch.float32)
        try:
            return cast(float | None, super().step(closure))
        finally:
            muon.zeropower_via_newtonschulz = in_bfloat16


def optimiser_for(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """What ``recipe`` asks for. Weight decay is for matrices and kernels, not biases and norms.

    Muon (Jordan et al. 2024) orthogonalises the momentum of each kernel or matrix; timm leaves
    depthwise kernels, matrices flatter than 1:128, biases and norms to AdamW (Nesterov's kind).
    """
    groups = param_groups_weight_decay(model, recipe.weight_decay)
    if recipe.optimiser == "muon":
        return _Float32Muon(groups, lr=recipe.learning_rate, nesterov=True)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
