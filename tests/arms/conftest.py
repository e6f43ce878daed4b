import dataclasses
import sys

import pytest

from benchmark.arms import all_arms, arm
from benchmark.tasks.subsets import subset
from benchmark.training import backbones
from benchmark.training.work import Work

SHORT = {"batch_size": 8, "warmup": 32, "floor": 0.0, "trunk_scale": 1.0, "learning_rate": 3e-3}


@pytest.fixture
def work(dataset, backbone):
    """What an arm gets of the toy task, with the recipe that it asks for."""

    def make(name, n=2, **changed):
        chosen = subset(dataset.train.labels, n, 0)
        recipe = all_arms()[name].recipe_at(n, len(dataset.class_names))
        whole = Work(backbones.find(backbone), dataset, chosen, 0, recipe)
        return dataclasses.replace(whole, **changed)

    return make


@pytest.fixture
def short(work):
    """As `work`, with a recipe of its own kind that takes few and small steps."""

    def make(name, n=4, steps=60, **settings):
        asked = work(name, n)
        recipe = dataclasses.replace(asked.recipe, views=steps * 8, **SHORT | settings)
        return dataclasses.replace(asked, recipe=recipe)

    return make


@pytest.fixture
def trained(monkeypatch, short):
    """Trains an arm; its network before and after."""

    def train(name, **settings):
        seen = {}
        module = sys.modules[arm(name).fit.__module__]
        fit_network = module.fit_network

        def watched(work, start, *prepare):
            def started(work):
                seen["after"] = start(work)
                seen["before"] = {k: v.clone() for k, v in seen["after"].state_dict().items()}
                return seen["after"]

            return fit_network(work, started, *prepare)

        monkeypatch.setattr(module, "fit_network", watched)
        seen["outcome"] = arm(name).fit(short(name, **settings))
        return seen

    return train
