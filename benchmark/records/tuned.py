"""Learning rates that ``make tune`` chose for each backbone, kept in ``rates.yaml``."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from benchmark import files
from benchmark.defaults import OWN_TUNING, SHIPPED_TUNING

RATES_FILE = OWN_TUNING / "rates.yaml"
_HEAD = "# Learning rates chosen by `make tune`; evidence.csv holds the measurements.\n"


@dataclass(frozen=True)
class Tuned:
    """What ``make tune`` found for one backbone."""

    rates: dict[str, float]
    """Arm -> learning rate."""
    labels: int
    """Labelled images that were used to choose them."""


@functools.cache
def tuned_backbones() -> dict[str, Tuned]:
    """What was tuned, by the backbone's portable name; the user's own choices come first."""
    return read_rates(SHIPPED_TUNING / "rates.yaml") | read_rates(RATES_FILE)


def read_rates(file: Path) -> dict[str, Tuned]:
    """What ``file`` says; empty where it does not exist."""
    if not file.exists():
        return {}
    kept = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return {name: Tuned(entry["rates"], entry["labels"]) for name, entry in kept.items()}


def keep(backbone: str, found: Tuned, file: Path = RATES_FILE) -> None:
    """Writes what was found for ``backbone`` (portable name) beside the others of ``file``."""
    everything = {**read_rates(file), backbone: found}
    plain = {name: asdict(tuned) for name, tuned in everything.items()}
    files.write(file, _HEAD + yaml.safe_dump(plain))
    tuned_backbones.cache_clear()
