"""Records become scores, and scores of two arms become paired gains."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.analysis import stats
from benchmark.analysis.effective import AccuracyCell
from benchmark.analysis.gains import Pair
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
    """One byte per test image that is no training image, 1 where the prediction is right: to know
    an image by heart proves nothing. Records keep all predictions."""
    subset_hash: str
    data: DataFacts
    backbone_label: str
    pretrained_on: str
    """What the backbone's weights were trained on."""
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
        """Whether each test image that counts was classified correctly, ``[images]``."""
        return np.frombuffer(self.correct, dtype=np.bool_)


def score_of(record: Record) -> Score:
    """Takes from a record what tables need."""
    recipe, correct = stored(record.recipe), _correct(record)
    return Score(
        trial=record.trial,
        fingerprint=record.fingerprint,
        reason=record.reason if record.reason or correct else "all test images are training images",
        correct=correct,
        protocol=record.protocol,
        subset_hash=record.subset_hash,
        data=record.data,
        backbone_label=record.backbone_label,
        pretrained_on=record.pretrained_on,
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


def _correct(record: Record) -> bytes:
    right = np.frombuffer(record.correct.encode(), dtype=np.uint8) == ord("1")
    leaked = np.array(record.data.test_in_train, dtype=np.int64)
    return np.delete(right, leaked).tobytes() if len(right) else b""


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


def pairs(pretrained: Iterable[Score], scratch: Iterable[Score]) -> list[Pair]:
    """Paired by N, seed and subset, from the trials in which both arms succeeded."""
    partners = {_subset(s): s for s in succeeded(scratch)}
    found = [(s, partners.get(_subset(s))) for s in succeeded(pretrained)]
    return [_pair(one, other) for one, other in found if other is not None]


def _subset(score: Score) -> tuple[int, int, str]:
    return score.trial.images_per_class, score.trial.seed, score.subset_hash


def _pair(pretrained: Score, scratch: Score) -> Pair:
    one, other = pretrained.hits, scratch.hits
    return Pair(
        images_per_class=pretrained.trial.images_per_class,
        seed=pretrained.trial.seed,
        scratch=float(other.mean()),
        pretrained=float(one.mean()),
        test_images=len(one),
        disagree=float((one != other).mean()),
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
