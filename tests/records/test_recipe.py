from dataclasses import replace

import pytest

from benchmark.records.recipe import Recipe, Tuned, fitted, tuned_backbones

RECIPE = Recipe(learning_rate=0.5, steps=100)
TUNED = Tuned({"finetune": 0.01}, labels=300)


def fit(arm="finetune", tuned=TUNED, flip=False, budget=1.0):
    return fitted(RECIPE, arm, tuned, flip=flip, budget=budget)


def test_the_tuned_rate_is_used_and_what_it_cost_is_told():
    assert (fit().learning_rate, fit().tuning_labels) == (0.01, 300)


@pytest.mark.parametrize("other", [{"arm": "scratch"}, {"tuned": None}])
def test_without_a_tuned_rate_the_arm_keeps_its_default_and_says_so(other):
    assert (fit(**other).learning_rate, fit(**other).tuning_labels) == (0.5, 0)


def test_images_are_mirrored_only_where_the_task_allows_it():
    assert not fit(flip=False).augmentation.flip
    assert fit(flip=True).augmentation.flip


@pytest.mark.parametrize(("budget", "steps"), [(1, 100), (2.5, 250), (0.001, 1)])
def test_the_budget_multiplies_the_steps_but_leaves_at_least_one(budget, steps):
    assert fit(budget=budget).steps == steps


def test_all_else_stays_as_the_arm_has_it():
    augmentation = replace(RECIPE.augmentation, flip=True)
    tuned = {"learning_rate": 0.01, "tuning_labels": 300}
    assert fit(flip=True) == replace(RECIPE, augmentation=augmentation, **tuned)


def test_nothing_is_tuned_before_anybody_did(tmp_path):
    assert tuned_backbones(tmp_path / "rates.yaml") == {}


def test_what_was_tuned_is_read_from_yaml(tmp_path):
    file = tmp_path / "rates.yaml"
    file.write_text("net:\n  labels: 40\n  rates:\n    scratch: 0.003\n")
    assert tuned_backbones(file) == {"net": Tuned({"scratch": 0.003}, 40)}


def test_an_empty_file_has_nothing_tuned(tmp_path):
    (tmp_path / "rates.yaml").write_text("# nothing yet\n")
    assert tuned_backbones(tmp_path / "rates.yaml") == {}
