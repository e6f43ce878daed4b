"""The advised arm, trained on all images and saved so that timm loads it from a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as as_safetensors
from torch import nn

from benchmark import arms, files
from benchmark.advice.advise import Advised
from benchmark.advice.content import Advice
from benchmark.defaults import PACKAGE
from benchmark.errors import UserError, one_line
from benchmark.harness.plan import recipe_for
from benchmark.records.recipe import ProbeRecipe
from benchmark.tasks.data import Dataset, Split
from benchmark.tasks.definition.schema import Task
from benchmark.training import backbones, probing
from benchmark.training.backbones import Backbone, logit_layers
from benchmark.training.checkpoints import CONFIG
from benchmark.training.fit import dataset_for, pretrained_start, subset_pixels
from benchmark.training.loop import DivergedError
from benchmark.training.work import Work

WEIGHTS = "model.safetensors"
_SAVED_BY = "saved_by"
_SEED = 0


def check(folder: Path, backbone: str | None = None) -> None:
    """Raises `UserError` where a model cannot be saved: before hours of work, not after them.

    Only one that was saved by this suite is replaced, and not if it is the ``backbone`` itself.
    """
    used = None if backbone is None else Backbone(backbone).folder
    is_used = used is not None and used.resolve() == folder.resolve()
    if folder.is_dir() and any(folder.iterdir()) and (is_used or not _is_own(folder)):
        raise UserError(
            "this folder holds other things than a model that was saved here before",
            where=folder,
            mend="name one that is empty or not there yet",
        )
    files.prepare(folder, mend="choose another folder for the model")


def _is_own(folder: Path) -> bool:
    try:
        config = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get(_SAVED_BY) == PACKAGE


def save(advised: Advised, folder: Path) -> None:
    """Trains the advised arm on training and test images together, and writes it to ``folder``.

    As ``timm.create_model("local-dir:FOLDER", pretrained=True)`` reads it: weights as safetensors,
    class names and preprocessing in the config. Raises `UserError` where there is no advice, or the
    training diverged.
    """
    advice, now = advised.advice, advised.advice.now
    if now is None:
        raise UserError(
            "no training succeeded, so no arm is advised", mend="see the failures in the table"
        )
    backbone = backbones.find(advised.backbone)
    dataset = whole(dataset_for(backbone, advised.task, advice.image_size))
    network = trained(advised.task, backbone, now.arm, dataset, advice.image_size)
    state = {key: tensor.contiguous().cpu() for key, tensor in network.state_dict().items()}
    config = _config(backbone, network, dataset, advice)
    files.write(folder / WEIGHTS, as_safetensors(state, {"format": "pt"}))
    files.write(folder / CONFIG, json.dumps(config, indent=2) + "\n")


def trained(
    task: Task, backbone: Backbone, arm: str, dataset: Dataset, image_size: int
) -> nn.Module:
    """The network of an arm, trained on the whole training split of ``dataset``.

    Raises `UserError` where the training diverges.
    """
    chosen, labels = arms.arm(arm), dataset.train.labels
    classes = len(dataset.class_names)
    recipe = recipe_for(chosen, task, backbone, len(labels) // classes, classes, image_size)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    work = Work(backbone, dataset, np.arange(len(labels)), _SEED, recipe, device)
    if isinstance(recipe, ProbeRecipe):
        return _probe(work, recipe)
    try:
        network = chosen.fit(work).network
    except DivergedError as error:
        raise UserError(
            f"the training on all images diverged: {error}", mend="take another backbone"
        ) from error
    assert network is not None, "arms that are no probe train one"
    return network.eval()


def _probe(work: Work[Any], recipe: ProbeRecipe) -> nn.Module:
    network = pretrained_start(work).to(work.device).eval()
    layers = logit_layers(network, work.classes)
    labels = work.dataset.train.labels
    probing.fit_layers(layers, network, subset_pixels(work), labels, recipe, work.seed)
    return network


def whole(dataset: Dataset) -> Dataset:
    """All images to train on; a few of them stand in for a test split, which nobody looks at."""
    both = dataset.train, dataset.test
    images = np.concatenate([split.images for split in both])
    labels = np.concatenate([split.labels for split in both])
    # Another hash, or features of the training split alone would be taken for those of all.
    return replace(
        dataset,
        train=Split(images, labels),
        test=Split(images[:1], labels[:1]),
        hash=files.digest(["whole", dataset.hash]),
        test_in_train=(),
    )


def _config(
    backbone: Backbone, network: nn.Module, dataset: Dataset, advice: Advice
) -> dict[str, Any]:
    wanted, side = backbone.preprocessing, advice.image_size
    known: Any = network
    args = dict(backbone.design.get("model_args") or {})
    if wanted.fixed_input_size:
        args["img_size"] = side
    classes = len(dataset.class_names)
    cfg = {key: known.pretrained_cfg.get(key) for key in ("first_conv", "classifier", "license")}
    return {
        _SAVED_BY: PACKAGE,
        "architecture": known.pretrained_cfg["architecture"],
        "num_classes": classes,
        "num_features": known.num_features,
        "label_names": list(dataset.class_names),
        **({"model_args": args} if args else {}),
        "pretrained_cfg": cfg
        | {
            "num_classes": classes,
            "input_size": [3, side, side],
            "fixed_input_size": wanted.fixed_input_size,
            "mean": list(wanted.mean),
            "std": list(wanted.std),
            "interpolation": wanted.interpolation,
            "crop_pct": 1.0,
            "crop_mode": "squash",
            "description": _description(advice, len(dataset.train.labels)),
        },
    }


def _description(advice: Advice, images: int) -> str:
    now = advice.now
    arm = "" if now is None else f"{now.arm} of "
    return one_line(
        f"{arm}{advice.label} on all {images} images of {advice.task}, resized as a whole to "
        f"{advice.image_size} pixels"
    )
