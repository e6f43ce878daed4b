"""Frozen pretrained features and a logistic regression on them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.arms import register
from benchmark.records.recipe import ProbeRecipe, always
from benchmark.records.record import Training
from benchmark.tasks.subsets import folds
from benchmark.training import features
from benchmark.training.work import Outcome, Work

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@register("probe", pretrained=True, recipe=always(ProbeRecipe()))
def probe(work: Work[ProbeRecipe]) -> Outcome:
    """Fits on the subset's features; regularisation is chosen inside the subset."""
    pooled = features.pooled(work.backbone, work.dataset, work.device)
    started = time.perf_counter()
    inputs, labels = pooled.train[work.subset], work.dataset.train.labels[work.subset]
    strength = chosen_strength(inputs, labels, work.recipe, work.seed)
    predictions = _classifier(strength).fit(inputs, labels).predict(pooled.test)
    training = Training(0, (), None, time.perf_counter() - started)
    return Outcome(predictions.astype(np.int64), training)


def _classifier(strength: float) -> Pipeline:
    # Imported late: whoever only plans a sweep would wait a second for it.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))


def chosen_strength(
    inputs: NDArray[np.float32], labels: NDArray[np.int64], recipe: ProbeRecipe, seed: int
) -> float:
    """C with the best accuracy over folds of the subset; the smallest of equals."""
    per_class = int(np.bincount(labels).min())
    if per_class < recipe.smallest_n:
        return recipe.fallback
    parts = folds(labels, min(recipe.folds, per_class), seed)

    def held_out_accuracy(strength: float) -> float:
        scores = [
            _classifier(strength).fit(inputs[fit], labels[fit]).score(inputs[held], labels[held])
            for fit, held in parts
        ]
        return float(np.mean(scores))

    return max(sorted(recipe.strengths), key=held_out_accuracy)
