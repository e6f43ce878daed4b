"""What ``make saturation`` measured, kept in ``tuned/saturation.csv``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmark.defaults import SHIPPED_TUNING
from benchmark.records import measurements
from benchmark.records.tuned import SETTINGS_FILE

SATURATION_FILE = SETTINGS_FILE.with_name("saturation.csv")


@dataclass(frozen=True)
class Budget:
    """One training with one budget: everything but what came of it."""

    backbone: str
    weights: str
    """First digits of the hash of the pretrained weights; empty for an arm that starts without."""
    arm: str
    task: str
    fingerprint: str
    """Its first digits, as a record's with the budget of the rule."""
    held_out: int
    """Images per class that are held out to score the training."""
    images_per_class: int
    seed: int
    times: float
    """The budget as a multiple of the rule's."""
    views: int


Measured = dict[Budget, float]
"""Budget -> held-out accuracy, 0..1."""


def read_saturation(file: Path = SATURATION_FILE) -> Measured:
    """All measurements in ``file``; none without it. Raises `UserError` for something else."""
    return measurements.read(file, Budget)


def all_saturation() -> Measured:
    """What was measured for this version, but for backbones that the user has measured anew."""
    shipped = read_saturation(SHIPPED_TUNING / SATURATION_FILE.name)
    return measurements.renewed(shipped, read_saturation())


def change_saturation(file: Path, to: Callable[[Measured], Measured]) -> Measured:
    """What ``to`` makes of the measurements in ``file``, written there: see `measurements`."""
    return measurements.change(Budget, file, to)
