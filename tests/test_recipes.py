from dataclasses import replace

import pytest

from benchmark.recipes import Recipe, fitted, tuned_rates

RECIPE = Recipe(learning_rate=0.5, steps=100)
RATES = {"net": {"finetune": 0.01}}


def fit(arm="finetune", backbone="net", flip=False, budget=1.0, rates=RATES):
    return fitted(RECIPE, arm, backbone, flip=flip, budget=budget, rates=rates)


def test_the_tuned_rate_of_arm_and_backbone_is_used():
    assert (fit().learning_rate, fit().rate_is_tuned) == (0.01, True)


@pytest.mark.parametrize("other", [{"arm": "scratch"}, {"backbone": "other"}, {"rates": {}}])
def test_without_a_tuned_rate_the_arm_keeps_its_default_and_says_so(other):
    assert (fit(**other).learning_rate, fit(**other).rate_is_tuned) == (0.5, False)


def test_images_are_mirrored_only_where_the_task_allows_it():
    assert not fit(flip=False).augmentation.flip
    assert fit(flip=True).augmentation.flip


@pytest.mark.parametrize(("budget", "steps"), [(1, 100), (2.5, 250), (0.001, 1)])
def test_the_budget_multiplies_the_steps_but_leaves_at_least_one(budget, steps):
    assert fit(budget=budget).steps == steps


def test_all_else_stays_as_the_arm_has_it():
    augmentation = replace(RECIPE.augmentation, flip=True)
    expected = replace(RECIPE, learning_rate=0.01, rate_is_tuned=True, augmentation=augmentation)
    assert fit(flip=True) == expected


def test_there_are_no_rates_before_anything_was_tuned(tmp_path):
    assert tuned_rates(tmp_path / "rates.yaml") == {}


def test_rates_are_read_from_yaml(tmp_path):
    file = tmp_path / "rates.yaml"
    file.write_text("net:\n  scratch: 0.003\n")
    assert tuned_rates(file) == {"net": {"scratch": 0.003}}


def test_an_empty_file_has_no_rates(tmp_path):
    (tmp_path / "rates.yaml").write_text("# nothing yet\n")
    assert tuned_rates(tmp_path / "rates.yaml") == {}
