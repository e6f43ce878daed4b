"""Builds networks with timm, which no other module imports."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from benchmark.defaults import environment
from benchmark.errors import UserError, nearest
from benchmark.records.recipe import Recipe
from benchmark.training import checkpoints, hub, orthogonalise, tensors
from benchmark.training import torchvision_ops as _declared  # noqa: F401  (timm needs it)
from benchmark.training.single_files import CHECKPOINT, parse

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


def hub_id(name: str) -> str | None:
    """What the hub calls a network, a revision behind ``@``; None for one that is not from there.

    ``name`` is one that `known_names` has, or begins with `HUB` or another prefix.
    """
    if name.startswith(HUB):
        return name.removeprefix(HUB)
    if name.startswith((FOLDER, CHECKPOINT)):
        return None
    found = timm.models.get_pretrained_cfg(name)
    return cast(str | None, found and found.hf_hub_id)


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
    if name.startswith(FOLDER):
        _check_folder(Path(name.removeprefix(FOLDER)), pretrained)
    asked = hub_id(name) if pretrained or name.startswith(HUB) else None
    try:
        with hub.access(asked) if asked else contextlib.nullcontext():
            return _create(name, image_size, pretrained, **(rates or {}))
    except UserError:
        raise
    except Exception as error:  # timm, torch, the hub and the file system all raise their own
        raise _refusal(name, image_size, pretrained, error) from error


@functools.cache
@torch.random.fork_rng(devices=[])
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


def _create(name: str, image_size: int | None, pretrained: bool, **given: Any) -> nn.Module:
    sized = {} if image_size is None else {"img_size": image_size}
    known = parse(name).architecture if name.startswith(CHECKPOINT) else name
    with environment(**_ONLY_TENSORS):
        model = timm.create_model(known, pretrained=pretrained, num_classes=0, **sized, **given)
    return cast(nn.Module, model)


def with_tensors(
    architecture: str, image_size: int | None, state: Mapping[str, Tensor]
) -> nn.Module:
    """The network with these tensors in place of any that timm knows, renamed by timm if need be.

    The stem of a network for grey images becomes one for RGB, as timm does it: a third of its
    weights for each channel. A classifier, of whatever size, is left out.
    """
    known = timm.models.get_pretrained_cfg(architecture) or timm.models.PretrainedCfg()
    stem = state.get(f"{known.first_conv}.weight")
    grey = stem is not None and stem.ndim == 4 and stem.shape[1] == 1
    instead: dict[str, Any] = dict.fromkeys(("url", "file", "hf_hub_id"))
    instead |= {
        "state_dict": dict(state),
        "custom_load": False,
        "num_classes": -1,  # like that of no network here: timm then leaves the classifier out
        "input_size": (1 if grey else 3, *known.input_size[1:]),
    }
    stem_of_rgb = {"in_chans": 3} if grey else {}
    model = _create(architecture, image_size, True, pretrained_cfg_overlay=instead, **stem_of_rgb)
    del configuration(model)["state_dict"]  # copies of the network would copy it as well
    return model


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
        return hub.refusal(cannot, error)
    if pretrained:
        return unfilled(name, build(name, image_size, pretrained=False), [])
    return UserError(
        f"{cannot}timm does not take the settings of its architecture",
        where=Path(name.removeprefix(FOLDER)) / checkpoints.CONFIG,
        mend="correct model_args and pretrained_cfg; --debug shows what timm says",
    )


def unfilled(name: str, model: nn.Module, lacking: Sequence[str]) -> UserError:
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


def configuration(model: nn.Module) -> dict[str, Any]:
    """What timm knows of the network's weights: preprocessing, source, licence."""
    return cast(dict[str, Any], model.pretrained_cfg)


class _QuickMuon(Muon):  # type: ignore[misc]
    """timm's choice of what is stepped how, and each kind of step taken all at once.

    Tensor by tensor, the steps would take a third of a training on small images.
    """

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        one_by_one, adamw_one_by_one = muon.muon, muon.nadamw

        def orthogonalised(
            *tensors: Any, lr: float, weight_decay: float, momentum: float, **_: Any
        ) -> None:
            orthogonalise.step(*tensors, lr=lr, weight_decay=weight_decay, momentum=momentum)

        def all_at_once(*given: Any, **settings: Any) -> None:
            adamw_one_by_one(*given, **settings | {"foreach": True})

        muon.muon, muon.nadamw = orthogonalised, all_at_once
        try:
            return cast(float | None, super().step(closure))
        finally:
            muon.muon, muon.nadamw = one_by_one, adamw_one_by_one


def optimiser_for(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """What ``recipe`` asks for. Weight decay is for matrices and kernels, not biases and norms.

    Muon (Jordan et al. 2024) orthogonalises the momentum of each kernel or matrix; timm leaves
    depthwise kernels, matrices flatter than 1:128, biases and norms to AdamW (Nesterov's kind).
    """
    groups = param_groups_weight_decay(model, recipe.weight_decay)
    if recipe.optimiser == "muon":
        return _QuickMuon(groups, lr=recipe.learning_rate, nesterov=True)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
