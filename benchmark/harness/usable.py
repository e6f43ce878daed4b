"""Backbones that can be used on this machine as it is: nothing is downloaded, no hub is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmark import arms
from benchmark.analysis.board import FINETUNE
from benchmark.defaults import BUNDLED
from benchmark.errors import UserError
from benchmark.records.recipe import Recipe
from benchmark.records.tuned import tuned_backbones
from benchmark.tasks.sources import hub_access
from benchmark.training import backbones, hub, networks, packages
from benchmark.training.backbones import Backbone
from benchmark.training.checkpoints import CONFIG
from benchmark.training.loop import Pixels, Run, classify
from benchmark.training.networks import FOLDER, HUB

_CLASSES = 10
_SECONDS = 1.0
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class Candidate:
    """What looks like a backbone."""

    name: str
    """As a person gives it."""
    source: str
    """In a few words."""


@dataclass(frozen=True)
class Usable:
    """A backbone whose weights were read."""

    candidate: Candidate
    parameters: int
    """Without a classifier."""
    pretrained_on: str
    tuned: bool
    """Whether settings were chosen for it."""
    images_per_second: float
    """Training images, on one core."""


def candidates(folders: Sequence[Path]) -> list[Candidate]:
    """The bundled one, those in ``folders`` (each one, or a folder of some), packages, the hub's.

    Each name once, by the first of these sources.
    """
    found = [Candidate(BUNDLED, "bundled")]
    found += [one for folder in folders for one in _in_folder(folder)]
    found += _in_packages()
    found += _kept_from_the_hub()
    return list({one.name: one for one in reversed(found)}.values())[::-1]


def _in_folder(folder: Path) -> Iterator[Candidate]:
    inside = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    for one in inside:
        if (one / CONFIG).is_file():
            yield Candidate(f"{FOLDER}{one}", "folder")


def _in_packages() -> Iterator[Candidate]:
    tagged = networks.known_names()[1]
    for name, package in packages.KNOWN.items():
        if name in tagged and package.path is not None:
            yield Candidate(name, f"package {package.distribution}")


def _kept_from_the_hub() -> Iterator[Candidate]:
    for ref in sorted(hub_access.kept_in().glob("models--*--*/refs/*")):
        owner, _, name = ref.parents[1].name.removeprefix("models--").partition("--")
        snapshot = ref.parents[1] / "snapshots" / ref.read_text(encoding="utf-8").strip()
        if not any((snapshot / file).exists() for file in _WEIGHTS):
            continue
        if (owner, ref.name) == ("timm", "main") and name in networks.known_names()[1]:
            yield Candidate(name, "kept from the hub")
        elif (snapshot / CONFIG).exists():
            revision = "" if ref.name == "main" else f"@{ref.name}"
            yield Candidate(f"{HUB}{owner}/{name}{revision}", "kept from the hub")


def look_at(one: Candidate, image_size: int) -> Usable | UserError:
    """Reads the weights and trains for a moment on noise of ``image_size`` pixels.

    A `UserError` says why it cannot be used.
    """
    try:
        with hub.offline():
            backbone = backbones.find(one.name)
            backbone.check_size(image_size)
            return _used(one, backbone, image_size)
    except UserError as error:
        return error


def _used(one: Candidate, backbone: Backbone, image_size: int) -> Usable:
    body = backbone.create(0, pretrained=True, image_size=image_size)
    return Usable(
        one,
        sum(parameter.numel() for parameter in body.parameters()),
        backbone.pretrained_on,
        backbone.portable_name in tuned_backbones(),
        _images_per_second(backbone, image_size),
    )


def _images_per_second(backbone: Backbone, image_size: int) -> float:
    torch.set_num_threads(1)
    recipe = arms.arm(FINETUNE).recipe_at(100, _CLASSES)
    assert isinstance(recipe, Recipe)
    model = backbone.create(_CLASSES, pretrained=True, image_size=image_size)
    shape = recipe.batch_size, 3, image_size, image_size
    noise = torch.randint(256, shape, dtype=torch.uint8).to(memory_format=torch.channels_last)
    labels = torch.randint(_CLASSES, (recipe.batch_size,))
    wanted = backbone.preprocessing
    run = Run(
        model,
        Pixels(noise, wanted.mean, wanted.std),
        classify(labels, recipe),
        recipe,
        torch.Generator().manual_seed(0),
    )
    run.until(1)  # the first images of a size make a network compile and allocate
    started = time.perf_counter()
    while time.perf_counter() - started < _SECONDS:
        run.until(run.step + 1)
    return (run.step - 1) * recipe.batch_size / (time.perf_counter() - started)
