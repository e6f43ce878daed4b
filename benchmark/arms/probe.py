"""Frozen pretrained features and a logistic regression on them."""

from __future__ import annotations

import time

import numpy as np

from benchmark.arms import register
from benchmark.records.recipe import ProbeRecipe, always
from benchmark.records.record import Training
from benchmark.training import features, probing
from benchmark.training.work import Outcome, Work


@register("probe", pretrained=True, recipe=always(ProbeRecipe()))
def probe(work: Work[ProbeRecipe]) -> Outcome:
    """Fits on the subset's features; regularisation is chosen inside the subset."""
    pooled = features.pooled(work.backbone, work.dataset, work.device)
    started = time.perf_counter()
    inputs, labels = pooled.train[work.subset], work.dataset.train.labels[work.subset]
    predictions = probing.fitted(inputs, labels, work.recipe, work.seed).predict(pooled.test)
    training = Training(0, (), None, time.perf_counter() - started)
    return Outcome(predictions.astype(np.int64), training)
