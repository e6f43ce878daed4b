"""Records become scores, and scores of two arms become paired gains."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.analysis import stats
from benchmark.analysis.crossover import GainCell
from benchmark.analysis.effective import AccuracyCell
from benchmark.records.recipe import StoredRecipe, reaches_floor, stored
from benchmark.records.record import DataFacts, Record, Trial

_LOSS_DIGITS = 1e-5


@dataclass(frozen=True)
class Score:
    """The part of a record that tables need, small enough to hold a hundred thousand of."""

    trial: Trial
    fingerprint: str
    protocol: int
    """Under which it was made; scores of two are never compared."""
    reason: str | None
    """Why the trial failed; None if it did not."""
    correct: bytes
    """One byte per test image, 1 where the prediction is right."""
    subset_hash: str
    data: DataFacts
    backbone_label: str
    levelled_off: bool | None
    cooled_down: bool
    """Whether its loss reached the floor, so that it cooled down before its budget's end."""
    weights_hash: str | None
    """Of the pretrained tensors that its arm read; None if it read none."""
    pretrained: bool
    """Whether its arm is pretraining."""
    recipe: StoredRecipe
    """As used at its N; the same object for equal recipes."""
    steps: int
    """Optimiser steps that were taken; 0 without an optimiser."""
    seconds: float
    device: str
    finished: str

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Whether each test image was classified correctly, ``[test images]``."""
        return np.frombuffer(self.correct, dtype=np.bool_)


def score_of(record: Record) -> Score:
    """Takes from a record what tables need."""
    recipe = stored(record.recipe)
    return Score(
        trial=record.trial,
        fingerprint=record.fingerprint,
        protocol=record.protocol,
        reason=record.reason,
        correct=(np.frombuffer(record.correct.encode(), dtype=np.uint8) == ord("1")).tobytes(),
        subset_hash=record.subset_hash,
        data=record.data,
        backbone_label=record.backbone_label,
        levelled_off=record.training.levelled_off,
        cooled_down=_cooled_down(record, recipe),
        weights_hash=record.weights_hash,
        pretrained=record.pretrained,
        recipe=recipe,
        steps=record.training.steps,
        seconds=record.training.seconds,
        device=sys.intern(record.device),
        finished=record.finished,
    )


def _cooled_down(record: Record, recipe: StoredRecipe) -> bool:
    """By its steps; under protocol 1 an early cool-down could last as long as the budget.

    There it errs on the side of yes: records keep five digits of a loss, the training had all.
    """
    if record.protocol > 1:
        return 0 < record.training.steps < (recipe.steps or 0)
    losses, floor = record.training.losses, recipe.floor
    return floor is not None and reaches_floor(losses, floor + _LOSS_DIGITS)


def at_each_n(scores: Iterable[Score]) -> dict[int, list[Score]]:
    """N, increasing -> its scores."""
    cells: dict[int, list[Score]] = defaultdict(list)
    for score in scores:
        cells[score.trial.images_per_class].append(score)
    return dict(sorted(cells.items()))


def succeeded(scores: Iterable[Score]) -> list[Score]:
    """Those whose trial did not fail."""
    return [score for score in scores if score.reason is None]


def gain_cells(pretrained: Iterable[Score], scratch: Iterable[Score]) -> list[GainCell]:
    """Gains paired by N, seed and subset, from the trials in which both arms succeeded."""
    partners = {
        (s.trial.images_per_class, s.trial.seed, s.subset_hash): s for s in succeeded(scratch)
    }
    pairs: dict[int, list[tuple[Score, Score]]] = defaultdict(list)
    for score in succeeded(pretrained):
        key = (score.trial.images_per_class, score.trial.seed, score.subset_hash)
        if key in partners:
            pairs[score.trial.images_per_class].append((score, partners[key]))
    return [_gain_cell(n, pairs[n]) for n in sorted(pairs)]


def _gain_cell(n: int, pairs: Sequence[tuple[Score, Score]]) -> GainCell:
    pretrained = np.stack([one.hits for one, _ in pairs])
    scratch = np.stack([other.hits for _, other in pairs])
    return GainCell(
        images_per_class=n,
        seeds=tuple(one.trial.seed for one, _ in pairs),
        gains=tuple((pretrained.mean(axis=1) - scratch.mean(axis=1)).tolist()),
        test_variance=stats.test_set_variance(pretrained, scratch),
    )


def accuracy_cells(scores: Iterable[Score]) -> list[AccuracyCell]:
    """Accuracies by N, from the trials that succeeded."""
    cells = at_each_n(succeeded(scores))
    return [
        AccuracyCell(
            images_per_class=n,
            seeds=tuple(s.trial.seed for s in cell),
            accuracies=tuple(float(s.hits.mean()) for s in cell),
            test_variance=stats.accuracy_test_variance(np.stack([s.hits for s in cell])),
        )
        for n, cell in cells.items()
    ]
