from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from benchmark.records.fingerprint import Ingredients, fingerprint
from benchmark.records.recipe import (
    ALTERNATIVES,
    ProbeRecipe,
    Recipe,
    Setting,
    as_stored,
    settings_of,
    stored,
)
from benchmark.records.tuned import Tuned

RECIPE = Recipe(learning_rate=0.5, steps=100)
TUNED = Tuned({"finetune": 0.01}, labels=300)


def fit(arm="finetune", tuned=TUNED, flip=False, budget=1.0):
    return RECIPE.fitted(arm, tuned, flip=flip, budget=budget)


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


@pytest.mark.parametrize(
    ("alternative", "steps", "rate", "floor"),
    [
        ("steps-x2", 200, 0.3, 0.5),
        ("rate-x3", 100, 0.9, 0.5),
        ("rate-div3", 100, 0.1, 0.5),
        ("full-budget", 100, 0.3, 0.0),
    ],
)
def test_an_alternative_changes_one_setting_and_nothing_else(alternative, steps, rate, floor):
    recipe = {"steps": 100, "learning_rate": 0.3, "floor": 0.5, "batch_size": 32}
    varied = stored(recipe).varied(alternative)
    assert varied.settings == {
        "steps": steps,
        "learning_rate": pytest.approx(rate),
        "floor": floor,
        "batch_size": 32,
    }


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_recipe_and_its_record_are_varied_alike(alternative):
    recipe = Recipe(learning_rate=0.3, steps=100)
    varied = stored(as_stored(recipe)).varied(alternative)
    assert varied == stored(as_stored(recipe.varied(alternative)))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_probe_has_nothing_to_vary(alternative):
    assert ProbeRecipe().varied(alternative) is None
    assert stored(as_stored(ProbeRecipe())).varied(alternative) is None


@dataclass(frozen=True)
class Later(Recipe):
    """A recipe of the next version, which has one setting more."""

    drop: Annotated[float, Setting("share dropped", introduced_with=0.0)] = 0.0


MADE_OF = Ingredients(32, "data", None, {})


def test_a_new_setting_makes_nothing_stale_while_it_has_its_first_default():
    old = as_stored(RECIPE)
    assert as_stored(Later(learning_rate=0.5, steps=100)) == old
    assert as_stored(Later(learning_rate=0.5, steps=100, drop=0.1)) == old | {"drop": 0.1}
    used = as_stored(Later(learning_rate=0.5, steps=100, drop=0.1))
    assert fingerprint(used, MADE_OF) != fingerprint(old, MADE_OF)


def test_every_setting_says_what_it_is():
    names = {name for name, _ in settings_of(Recipe)} | {"augmentation"}
    assert names == set(as_stored(RECIPE))
    assert {name for name, _ in settings_of(ProbeRecipe)} == set(as_stored(ProbeRecipe()))


def test_equal_recipes_of_records_are_one_object():
    assert stored({"a": 1, "b": 2}) is stored({"b": 2, "a": 1})


def test_only_the_budget_is_left_out_of_a_recipe_without_it():
    one, longer = (stored({"steps": n, "learning_rate": 0.1}) for n in (1, 2))
    assert one.without_budget == longer.without_budget == stored({"learning_rate": 0.1})
