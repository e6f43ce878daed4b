"""Small stand-ins: a task of generated images, a backbone with random weights, made-up records."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import yaml
from PIL import Image
from safetensors.torch import save_file

from benchmark.files import digest
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import Recipe, as_stored
from benchmark.records.record import DataFacts, Record, Training, Trial
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task

CHECKOUT = Path(__file__).resolve().parents[2]
CLASSES = ("left", "right", "top")
SIZE = 16
FACTS = DataFacts(
    source="toy",
    hash="data" * 16,
    image_size=SIZE,
    classes=len(CLASSES),
    train_images=24,
    test_images=4,
    test_in_train=(),
)


def picture(label: int, seed: int) -> np.ndarray:
    """Dark noise, ``[16, 16, 3]``, with the half that names the class brighter: easy to learn."""
    pixels = np.random.default_rng([label, seed]).integers(0, 100, (SIZE, SIZE, 3), dtype=np.uint8)
    half = [np.s_[:, :8], np.s_[:, 8:], np.s_[:8]][label]
    pixels[half] += 120
    return pixels


def pictures(per_class: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images as tensors want them, ``[n, 3, 16, 16]``, and their labels."""
    labels = np.repeat(np.arange(len(CLASSES)), per_class)
    images = [picture(label, seed + i) for i, label in enumerate(labels)]
    return np.stack(images).transpose(0, 3, 1, 2).copy(), labels


def recipe(steps: int = 40, **changed) -> Recipe:
    """A short training: batches of 8, a warm-up of 4 steps, no early end."""
    given = {"learning_rate": 0.01, "batch_size": 8, "warmup": 32, "floor": 0.0} | changed
    return Recipe(views=steps * given["batch_size"], **given)


def write_task(folder: Path, name: str = "toy", train: int = 8, test: int = 5, **fields) -> Task:
    """A YAML and its folder of PNG files; ``budget`` keeps every training at a few steps."""
    for split, count in (("train", train), ("test", test)):
        for label, class_name in enumerate(CLASSES):
            target = folder / name / split / class_name
            target.mkdir(parents=True)
            for i in range(count):
                seed = i if split == "train" else 1000 + i
                Image.fromarray(picture(label, seed)).save(target / f"{i:03d}.png")
    content = {
        "title": "Toy",
        "domain": "generated patches",
        "description": "noise with a bright half",
        "licence": "CC0 1.0",
        "citation": "nobody",
        "image_size": SIZE,
        "images_per_class": [1, 2, 4],
        "flip": False,
        "budget": 0.01,
        "data": {"load_dataset": {"path": "imagefolder", "data_dir": name}},
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content | fields), encoding="utf-8")
    return load_task(name, folder)


def random_weights(architecture: str = "test_resnet", seed: int = 0) -> dict:
    import torch

    from benchmark.training import backbones

    torch.manual_seed(seed)
    network = backbones.find(architecture).create(0, pretrained=False)
    return {key: tensor.contiguous() for key, tensor in network.state_dict().items()}


def write_backbone(
    folder: Path, architecture: str = "test_resnet", weights: dict | None = None, **config
) -> str:
    """A backbone in timm's local-dir format; returns its name."""
    folder.mkdir(parents=True, exist_ok=True)
    pretrained = {
        "input_size": [3, SIZE, SIZE],
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.25, 0.3],
        "interpolation": "bilinear",
        "num_classes": 0,
        "first_conv": "conv1.0",
        "classifier": "fc",
        "description": "a toy",
    }
    content = {
        "architecture": architecture,
        "num_classes": 0,
        "pretrained_cfg": pretrained | config,
    }
    (folder / "config.json").write_text(json.dumps(content), encoding="utf-8")
    save_file(
        weights or random_weights(architecture), folder / "model.safetensors", {"format": "pt"}
    )
    return f"local-dir:{folder}"


def old_name(path: Path) -> Path:
    """Where earlier versions put the record of that place: their names had no fingerprint."""
    return path.with_name(f"{path.stem.rpartition('-')[0]}.json")


def record(
    arm: str = "scratch", n: int = 1, seed: int = 0, correct: str = "1100", **changed
) -> Record:
    """A record as if somebody had trained; ``changed`` replaces any of its fields."""
    trial = Trial(changed.pop("task", "toy"), changed.pop("backbone", "net"), arm, n, seed)
    made = Record(
        trial=trial,
        fingerprint=digest(f"settings of {arm}"),
        protocol=PROTOCOL,
        status="ok",
        reason=None,
        accuracy=correct.count("1") / len(correct),
        predictions=tuple(int(c) for c in correct),
        correct=correct,
        recipe={"learning_rate": 0.001, "tuning_labels": 100},
        data=dataclasses.replace(FACTS, test_images=len(correct)),
        backbone_label="Net",
        pretrained_on="unknown",
        weights_hash=None if arm == "scratch" else "weights",
        pretrained=arm != "scratch",
        subset_hash=f"subset {n} {seed}",
        training=Training(5, (1.0, 0.5), True, 2.0),
        versions={"python": "3.11"},
        device="cpu",
        finished="2026-01-01T00:00:00+00:00",
    )
    return dataclasses.replace(made, **changed)


def made_by(job, correct: str = "1100", **changed) -> Record:
    """The record of a planned trial without any training."""
    facts = dataclasses.replace(
        FACTS,
        hash=job.made_of.data_hash,
        image_size=job.image_size,
        test_images=len(correct),
    )
    of_job = {
        "trial": job.trial,
        "fingerprint": job.fingerprint,
        "data": facts,
        "recipe": as_stored(job.recipe),
        "weights_hash": job.made_of.weights_hash,
        "subset_hash": job.subset_hash,
    }
    return record(job.trial.arm, correct=correct, **of_job | changed)


def failed(arm: str = "scratch", n: int = 1, seed: int = 0, **changed) -> Record:
    nothing = {"accuracy": None, "predictions": (), "correct": "", "status": "failed"}
    return dataclasses.replace(record(arm, n, seed), **nothing, reason="loss was NaN", **changed)


def curve(arm: str, share_right: dict[int, float], seeds: int = 3, **changed) -> list[Record]:
    """Records of one arm: N to the share of 200 test images that it gets right, give or take."""
    made = []
    for n, share in share_right.items():
        for seed in range(seeds):
            right = np.random.default_rng([n, seed, len(arm)]).random(200) < share
            made.append(record(arm, n, seed, "".join("01"[int(r)] for r in right), **changed))
    return made
