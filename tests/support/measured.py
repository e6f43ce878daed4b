"""Measurements on held-out images that nobody made."""

import dataclasses

from benchmark.records.evidence import Cell, as_text
from benchmark.records.saturation import Budget


def settings(rate=1e-3, optimiser="muon", **others):
    return {"learning_rate": rate, "optimiser": optimiser, **others}


def cell(arm="scratch", rate=1e-3, n=2, tried=None, **changed):
    text = as_text(tried or settings(rate))
    made = Cell("net", "", arm, "toy", text, 4, "0a1b", 10, n, 1000)
    return dataclasses.replace(made, **changed)


def budget(times=1.0, seed=1000, arm="scratch", n=2, **changed):
    made = Budget("net", "", arm, "toy", "0a1b", 50, n, seed, times, round(100 * times))
    return dataclasses.replace(made, **changed)


def curve(seed=1000, rest=(0.5,), **changed):
    """Accuracies at the rule's budget, twice that and, if given, more."""
    return {budget(2.0**i, seed, **changed): accuracy for i, accuracy in enumerate(rest)}


def changes(*by_twice, task="toy"):
    """One subset each, at 0.5 with the rule's budget."""
    measured = {}
    for seed, change in enumerate(by_twice):
        measured |= curve(seed, (0.5, 0.5 + change), task=task)
    return measured
