"""Settings that ``make tune`` chose for each backbone, kept in ``settings.yaml``."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmark import files
from benchmark.defaults import OWN_TUNING, SHIPPED_TUNING
from benchmark.records import locks

SETTINGS_FILE = OWN_TUNING / "settings.yaml"
_HEAD = "# Settings chosen by `make tune`; evidence.csv holds the measurements.\n"

Settings = Mapping[str, Any]
"""Name of a recipe's field -> its value."""


@dataclass(frozen=True)
class Tuned:
    """What ``make tune`` found for one backbone."""

    settings: Mapping[str, Mapping[int, Settings]]
    """Arm -> images per class that were trained on -> what did best there."""
    labels: int
    """Labelled images that were used to choose them."""

    def at(self, arm: str, images_per_class: int) -> Settings:
        """The choice for the size that is nearest to N in log N; nothing for an arm without one."""
        sizes = self.settings.get(arm)
        if not sizes:
            return {}
        nearest = min(sorted(sizes), key=lambda size: abs(math.log(size / images_per_class)))
        return {**sizes[nearest], "tuning_labels": self.labels, "tuned_at": nearest}


@functools.cache
def tuned_backbones() -> dict[str, Tuned]:
    """What was tuned, by the backbone's portable name; the user's own choices come first."""
    return read_settings(SHIPPED_TUNING / SETTINGS_FILE.name) | read_settings(SETTINGS_FILE)


def settings_for(backbone: str, arm: str, images_per_class: int) -> Settings:
    """What was chosen for a backbone (portable name) and arm at N; nothing if it was not tuned."""
    tuned = tuned_backbones().get(backbone)
    return {} if tuned is None else tuned.at(arm, images_per_class)


def read_settings(file: Path) -> dict[str, Tuned]:
    """What ``file`` says; empty where it does not exist."""
    if not file.exists():
        return {}
    kept = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return {name: Tuned(entry["settings"], entry["labels"]) for name, entry in kept.items()}


def keep(backbone: str, found: Tuned, file: Path = SETTINGS_FILE) -> None:
    """Writes what was found for ``backbone`` (portable name) beside the others of ``file``."""
    with locks.changing(file):
        everything = {**read_settings(file), backbone: found}
        plain = {name: asdict(tuned) for name, tuned in everything.items()}
        files.write(file, _HEAD + yaml.safe_dump(plain))
    tuned_backbones.cache_clear()
