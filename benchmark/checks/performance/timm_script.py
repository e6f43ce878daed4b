"""Trains a job with timm's own ``train.py``: another loop, schedule and augmentation, by others.

The script is in timm's repository and in none of its packages, so whoever compares brings it.
"""

from __future__ import annotations

import csv
import itertools
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import job as trial
from benchmark.harness.job import Job
from benchmark.records.recipe import Recipe
from benchmark.tasks.data import Split
from benchmark.training.work import Work

_EPOCHS = 5
"""Parts of the budget, after each of which the script looks at the test images; it takes the rate
up during the first."""
_RUN = """
import runpy, sys
import benchmark.training.torchvision_ops
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""The script imports torchvision by itself, which beside a CPU build of torch needs this first."""


@dataclass(frozen=True)
class Trained:
    """What the script made of a job."""

    accuracy: float
    """On the test split after the last step, 0..1; the best epoch's would be chosen on that split.
    """
    seconds: float
    """From the command to its end."""


def train(script: Path, job: Job, folder: Path) -> Trained:
    """Runs the script on the job's subset, written as images to the empty ``folder``.

    Steps, batches, optimiser, rate, weight decay, start and input are the job's. Raises `UserError`
    where the script fails.
    """
    work: Work[Recipe] = trial.work_of(job)
    train_split, test_split = work.dataset.train, work.dataset.test
    again = itertools.islice(itertools.cycle(work.subset), _images_of_an_epoch(work.recipe))
    _write(train_split, again, folder / "train")
    _write(test_split, range(len(test_split.labels)), folder / "validation")
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(_settings(work, job, folder)), encoding="utf-8")
    started = time.perf_counter()
    _run(script, config)
    seconds = time.perf_counter() - started
    return Trained(_last_accuracy(script, folder / "out" / "run" / "summary.csv"), seconds)


def _images_of_an_epoch(recipe: Recipe) -> int:
    """Images of an epoch: the script's own epochs are whole."""
    return math.ceil(recipe.steps / _EPOCHS) * recipe.batch_size


def _write(split: Split, chosen: Iterable[int], folder: Path) -> None:
    """One PNG each, in a folder per class; what is chosen again is a link to the first."""
    written: dict[int, Path] = {}
    for place, index in enumerate(chosen):
        file = folder / f"{split.labels[index]:04d}" / f"{place:07d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if index in written:
            os.link(written[index], file)
        else:
            Image.fromarray(split.images[index].transpose(1, 2, 0)).save(file)
            written[index] = file


def _settings(work: Work[Recipe], job: Job, folder: Path) -> dict[str, Any]:
    """By the names of the script's arguments."""
    wanted = work.backbone.preprocessing
    return _trained_like(work.recipe) | {
        "model": work.backbone.timm_name,
        "pretrained": arms.arm(job.trial.arm).pretrained,
        "seed": job.trial.seed,
        "data_dir": str(folder),
        "num_classes": work.classes,
        "input_size": [3, job.image_size, job.image_size],
        "mean": list(wanted.mean),
        "std": list(wanted.std),
        "crop_pct": 1.0,
        "device": "cpu",
        "channels_last": True,
        "workers": 1,
        "output": str(folder / "out"),
        "experiment": "run",
        "checkpoint_hist": 1,
    }


def _trained_like(recipe: Recipe) -> dict[str, Any]:
    """As far as the script can: its schedule is a cosine, and it crops where the suite zooms."""
    return {
        "epochs": _EPOCHS,
        "batch_size": recipe.batch_size,
        "opt": recipe.optimiser,
        "lr": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "sched": "cosine",
        "sched_on_updates": True,
        "warmup_epochs": 1,
        "smoothing": recipe.label_smoothing,
        "scale": [(1 - recipe.augmentation.zoom) ** 2, 1.0],
        "ratio": [1.0, 1.0],
        "hflip": 0.5 if recipe.augmentation.flip else 0.0,
        "color_jitter": 0.0,
        "train_interpolation": "bilinear",
    }


def _run(script: Path, config: Path) -> None:
    done = subprocess.run(  # noqa: S603  (the user's own script)
        [sys.executable, "-c", _RUN, str(script), "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise _failed(script, (done.stderr.strip() or "no message").splitlines()[-1])


def _last_accuracy(script: Path, summary: Path) -> float:
    try:
        with summary.open(encoding="utf-8", newline="") as file:
            *_, last = csv.DictReader(file)
        return float(last["eval_top1"]) / 100
    except (OSError, ValueError, KeyError) as error:
        raise _failed(script, "it wrote no summary.csv with eval_top1") from error


def _failed(script: Path, why: str) -> UserError:
    return UserError(
        f"timm's script failed: {why}",
        where=script,
        mend="take train.py from the repository of timm, of a version near the one installed",
    )
