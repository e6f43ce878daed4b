"""What `make tune` measured, kept in ``tuned/evidence.csv``, and what follows from it.

Needs no torch: pages are written from it.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from benchmark import files
from benchmark.defaults import SHIPPED_TUNING
from benchmark.errors import UserError
from benchmark.records.tuned import RATES_FILE

EVIDENCE_FILE = RATES_FILE.with_name("evidence.csv")


@dataclass(frozen=True, order=True)
class Cell:
    """One training: everything but what came of it."""

    backbone: str
    weights: str
    """First digits of the hash of the pretrained weights; empty for an arm that starts without."""
    arm: str
    task: str
    learning_rate: float
    steps: int
    recipe: str
    """First digits of the hash of the whole recipe: another recipe needs new measurements."""
    held_out: int
    """Images per class that are held out to score the training."""
    images_per_class: int
    seed: int


Evidence = dict[Cell, float]
"""Cell -> held-out accuracy, 0..1."""

_CELL = TypeAdapter(Cell)
_COLUMNS = tuple(field.name for field in dataclasses.fields(Cell))


def mean_accuracies(evidence: Mapping[Cell, float]) -> dict[tuple[str, float], float]:
    """(arm, learning rate) -> mean held-out accuracy, 0..1."""
    scores: dict[tuple[str, float], list[float]] = defaultdict(list)
    for cell, accuracy in evidence.items():
        scores[cell.arm, cell.learning_rate].append(accuracy)
    return {key: float(np.mean(values)) for key, values in sorted(scores.items())}


def chosen_rates(evidence: Mapping[Cell, float]) -> dict[str, float]:
    """Per arm the rate with the best mean held-out accuracy; of equals the smallest."""
    means = mean_accuracies(evidence)
    return {
        arm: max((rate for a, rate in means if a == arm), key=lambda rate: means[arm, rate])
        for arm in sorted({arm for arm, _ in means})
    }


def rates_at_the_edge(evidence: Mapping[Cell, float]) -> dict[str, float]:
    """The chosen rates that are the smallest or largest tried: a rate beyond may be better."""
    tried: dict[str, set[float]] = defaultdict(set)
    for cell in evidence:
        tried[cell.arm].add(cell.learning_rate)
    chosen = chosen_rates(evidence).items()
    return {arm: rate for arm, rate in chosen if rate in (min(tried[arm]), max(tried[arm]))}


def read_evidence(file: Path = EVIDENCE_FILE) -> Evidence:
    """All measurements in ``file``; none if it does not exist.

    Raises `UserError` if it holds something else, such as the columns of an older version.
    """
    if not file.exists():
        return {}
    try:
        with file.open(encoding="utf-8", newline="") as text:
            return dict(_result(row) for row in csv.DictReader(text))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"not a file of measurements: {error}",
            where=file,
            mend="delete it; make tune measures again",
        ) from error


def _result(row: dict[str, str]) -> tuple[Cell, float]:
    return _CELL.validate_python({name: row[name] for name in _COLUMNS}), float(row["accuracy"])


def all_evidence() -> Evidence:
    """What was measured for this version, but for backbones that the user has measured anew."""
    own = read_evidence()
    measured = {cell.backbone for cell in own}
    shipped = read_evidence(SHIPPED_TUNING / EVIDENCE_FILE.name).items()
    return {cell: accuracy for cell, accuracy in shipped if cell.backbone not in measured} | own


def write_evidence(evidence: Evidence, file: Path) -> None:
    """Writes all measurements, sorted, in one step."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, "accuracy"])
    for cell in sorted(evidence):
        writer.writerow([*dataclasses.astuple(cell), f"{evidence[cell]:.4f}"])
    files.write(file, text.getvalue())
