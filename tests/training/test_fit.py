from dataclasses import replace

import numpy as np
import pytest
from toy import recipe

from benchmark.tasks.subsets import subset
from benchmark.training import backbones
from benchmark.training.fit import fit_network, random_start
from benchmark.training.work import Work

RECIPE = recipe(20, trunk_scale=0.5)


@pytest.fixture
def work(dataset, backbone):
    chosen = subset(dataset.train.labels, 2, 0)
    return Work(backbones.find(backbone), dataset, chosen, 0, RECIPE)


@pytest.mark.slow
def test_other_budgets_are_scored_as_if_each_had_been_trained_alone(work):
    outcome = fit_network(replace(work, other_budgets=(8 * 10, 8 * 40)), random_start)
    alone = fit_network(work, random_start)
    assert np.array_equal(outcome.predictions, alone.predictions)
    assert outcome.training.losses == alone.training.losses
    assert outcome.training.steps == 20
    assert set(outcome.at_other_budgets) == {8 * 10, 8 * 40}
    for views, predictions in outcome.at_other_budgets.items():
        other = fit_network(replace(work, recipe=replace(RECIPE, views=views)), random_start)
        assert np.array_equal(predictions, other.predictions)


def test_a_budget_is_scored_alone_unless_others_are_asked_for(work):
    assert fit_network(work, random_start).at_other_budgets == {}
