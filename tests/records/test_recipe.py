from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from benchmark.records.fingerprint import Ingredients, fingerprint
from benchmark.records.recipe import (
    ALTERNATIVES,
    ProbeRecipe,
    Recipe,
    Setting,
    alters,
    as_stored,
    settings_of,
    stored,
)

RECIPE = Recipe(learning_rate=0.5, views=6_400)
CHOSEN = {"learning_rate": 0.01, "tuning_labels": 300, "tuned_at": 20}


def fit(chosen=CHOSEN, flip=False, budget=1.0, can=lambda setting: True):
    return RECIPE.fitted(chosen, flip=flip, budget=budget, can=can)


def test_what_was_chosen_is_used_and_what_it_cost_is_told():
    assert fit() == replace(RECIPE, learning_rate=0.01, tuning_labels=300, tuned_at=20)


def test_what_was_chosen_for_another_arm_is_told_and_what_was_chosen_for_its_own_is_as_before():
    borrowed = as_stored(fit({**CHOSEN, "settings_of": "scratch"}))
    assert borrowed == as_stored(fit()) | {"settings_of": "scratch"}


def test_where_nothing_was_chosen_the_arm_keeps_its_default_and_says_so():
    assert fit({}) == RECIPE
    assert (RECIPE.tuning_labels, RECIPE.tuned_at) == (0, 0)


def test_augmentation_is_chosen_like_any_other_setting():
    fitted = fit({"turn": 0.0, "optimiser": "adamw"})
    assert fitted.augmentation == replace(RECIPE.augmentation, turn=0.0)
    assert fitted.optimiser == "adamw"


def test_images_are_mirrored_only_where_the_task_allows_it():
    assert not fit(flip=False).augmentation.flip
    assert fit(flip=True).augmentation.flip


@pytest.mark.parametrize(("follows", "scale"), [("trunk_scale", 0.5), ("drop_rate", 1.0)])
def test_images_are_shrunk_only_where_the_network_can_see_them_then(follows, scale):
    assert fit({"trunk_scale": 0.5}, can=follows.__eq__).trunk_scale == scale


@pytest.mark.parametrize(("budget", "views"), [(1, 6_400), (2.5, 16_000), (1e-9, 1)])
def test_the_budget_multiplies_the_views_but_leaves_at_least_one(budget, views):
    assert fit(budget=budget).views == views


@pytest.mark.parametrize(("views", "steps"), [(1, 1), (64, 1), (65, 2), (6_400, 100)])
def test_the_last_batch_of_a_budget_is_whole(views, steps):
    recipe = replace(RECIPE, views=views)
    assert recipe.steps == stored(as_stored(recipe)).steps == steps


def test_a_measurement_may_ask_for_fewer_views_or_for_steps():
    assert RECIPE.shortened(3).steps == 3
    assert (RECIPE.at_most(100).views, RECIPE.at_most(10**9)) == (100, RECIPE)


@pytest.mark.parametrize(
    ("alternative", "times", "rate", "floor"),
    [
        ("steps-x2", 2, 0.3, 0.5),
        ("rate-x3", 1, 0.9, 0.5),
        ("rate-div3", 1, 0.1, 0.5),
        ("full-budget", 1, 0.3, 0.0),
    ],
)
@pytest.mark.parametrize("budget", ["steps", "views"])  # as protocols 1 and 2 call it
def test_an_alternative_changes_one_setting_and_nothing_else(
    alternative, times, rate, floor, budget
):
    recipe = {budget: 100, "learning_rate": 0.3, "floor": 0.5, "batch_size": 10}
    varied = stored(recipe).varied(alternative)
    assert varied.settings == {
        budget: 100 * times,
        "learning_rate": pytest.approx(rate),
        "floor": floor,
        "batch_size": 10,
    }
    assert varied.steps == times * {"steps": 100, "views": 10}[budget]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_recipe_and_its_record_are_varied_alike(alternative):
    recipe = Recipe(learning_rate=0.3, views=100)
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
    assert as_stored(Later(learning_rate=0.5, views=6_400)) == old
    assert as_stored(Later(learning_rate=0.5, views=6_400, drop=0.1)) == old | {"drop": 0.1}
    used = as_stored(Later(learning_rate=0.5, views=6_400, drop=0.1))
    assert fingerprint(used, MADE_OF) != fingerprint(old, MADE_OF)


def test_every_setting_says_what_it_is():
    names = {name for name, _ in settings_of(Recipe)} | {"augmentation"}
    assert names == set(as_stored(replace(RECIPE, tuned_at=2, settings_of="scratch")))
    assert {name for name, _ in settings_of(ProbeRecipe)} == set(as_stored(ProbeRecipe()))


def test_equal_recipes_of_records_are_one_object():
    assert stored({"a": 1, "b": 2}) is stored({"b": 2, "a": 1})


@pytest.mark.parametrize("budget", ["steps", "views"])
def test_only_the_budget_is_left_out_of_a_recipe_without_it(budget):
    one, longer = (stored({budget: n, "learning_rate": 0.1}) for n in (1, 2))
    assert one.without_budget == longer.without_budget == stored({"learning_rate": 0.1})


@pytest.mark.parametrize(("recipe", "size"), [(fit(), 20), (RECIPE, 0), (ProbeRecipe(), 0)])
def test_a_stored_recipe_knows_the_size_that_it_was_tuned_at(recipe, size):
    assert stored(as_stored(recipe)).tuned_at == size


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"views": 9}, True),
        ({"floor": 0.0}, True),
        ({"floor_after": 0}, True),
        ({"cooldown": 0.5}, True),
        ({"learning_rate": 0.1}, False),
        ({"trunk_scale": 0.5}, False),
        ({"batch_size": 32}, False),
        ({"warmup": 0}, False),
    ],
)
def test_when_a_cool_down_begins_decides_nothing_before_it(change, same):
    assert (replace(RECIPE, **change).trunk == RECIPE.trunk) == same


@pytest.mark.parametrize(
    ("alternative", "cooled_down", "protocol", "altered"),
    [
        ("full-budget", True, 2, True),
        ("full-budget", False, 2, False),
        ("steps-x2", True, 2, False),
        ("steps-x2", False, 2, True),
        ("steps-x2", True, 1, True),
        ("rate-x3", True, 2, True),
        ("rate-x3", False, 2, True),
    ],
)
def test_a_training_is_run_again_only_where_an_alternative_can_alter_it(
    alternative, cooled_down, protocol, altered
):
    assert alters(alternative, cooled_down, protocol) == altered
