"""Records of three arms, and the boards that a page is made from."""

from __future__ import annotations

import dataclasses

from toy import curve

from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of

GRID = (1, 10, 100)
SHARES = {"scratch": (0.3, 0.6, 0.8), "finetune": (0.6, 0.7, 0.8), "probe": (0.5, 0.5, 0.5)}
"""How much of the test images an arm gets right on that grid; another one is like a probe."""


def records(task="toy", backbone="net.in1k", arms=tuple(SHARES), **changed):
    """Three seeds at each N; budgets grow with N."""
    return [
        dataclasses.replace(one, recipe=_recipe(one.trial.images_per_class))
        for arm in arms
        for one in curve(arm, _shares(arm), task=task, backbone=backbone, **changed)
    ]


def _shares(arm):
    return dict(zip(GRID, SHARES.get(arm, SHARES["probe"]), strict=True))


def _recipe(n):
    return {"learning_rate": 0.01, "views": 100 * n, "batch_size": 10, "tuning_labels": 100}


def judged(*groups):
    """The boards of some groups of records."""
    return boards(score_of(one) for group in groups for one in group)
