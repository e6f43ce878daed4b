from dataclasses import replace

import pytest

from benchmark.records.own_recipes import DroppingRecipe, HeadFirstRecipe, ReconstructionRecipe
from benchmark.records.recipe import ProbeRecipe, Recipe, as_stored, settings_of, stored

SHARED = {"learning_rate": 0.5, "views": 6_400}
KINDS = (DroppingRecipe, HeadFirstRecipe, ReconstructionRecipe)


def fit(recipe, *has, **chosen):
    return recipe.fitted(chosen, flip=False, budget=0.5, can=lambda setting: setting in has)


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_recipes_with_more_settings(kind):
    plain = as_stored(Recipe(**SHARED))
    assert plain.items() <= as_stored(kind(**SHARED)).items()
    assert fit(kind(**SHARED), "trunk_scale").views == 3_200


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_says_what_it_is(kind):
    told = {name for name, _ in settings_of(kind)} | {"augmentation", "probe"}
    assert set(as_stored(kind(**SHARED))) <= told


@pytest.mark.parametrize(
    ("has", "rates"),
    [
        (("drop_rate", "drop_path_rate"), {"drop_rate": 0.5, "drop_path_rate": 0.1}),
        (("drop_rate",), {"drop_rate": 0.5}),
        ((), {}),
    ],
)
def test_what_a_network_does_not_have_is_dropped_at_no_rate(has, rates):
    fitted = fit(DroppingRecipe(**SHARED), *has, drop_rate=0.5)
    assert fitted.rates == rates
    assert as_stored(fitted)["drop_path_rate"] == rates.get("drop_path_rate", 0.0)


def test_the_probe_that_comes_first_is_part_of_the_recipe():
    other = HeadFirstRecipe(**SHARED, probe=ProbeRecipe(folds=3))
    assert as_stored(other)["probe"]["folds"] == 3
    assert stored(as_stored(other)) != stored(as_stored(HeadFirstRecipe(**SHARED)))


def test_the_views_of_a_pre_training_count():
    recipe = ReconstructionRecipe(**SHARED, pretraining=0.25)
    assert (recipe.first.views, recipe.all_views, recipe.first.floor) == (1_600, 8_000, 0.0)
    assert Recipe(**SHARED).all_views == 6_400


def test_whatever_changes_the_budget_changes_that_of_the_pre_training_alike():
    recipe = ReconstructionRecipe(**SHARED, pretraining=2.0)
    for other in (recipe.varied("steps-x2"), recipe.at_most(640), recipe.shortened(3)):
        assert other.first.views == 2 * other.views
    assert recipe.varied("steps-x2").views == 12_800


def test_records_of_two_budgets_of_a_pre_training_are_records_of_one_recipe():
    one, longer = (
        stored(as_stored(replace(ReconstructionRecipe(**SHARED), views=n))) for n in (1, 2)
    )
    assert one.without_budget == longer.without_budget
