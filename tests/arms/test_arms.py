import dataclasses

import numpy as np
import pytest
import toy

from benchmark import arms
from benchmark.arms import all_arms, arm, register
from benchmark.arms.probe import chosen_strength
from benchmark.errors import UserError
from benchmark.records.recipe import ProbeRecipe, always
from benchmark.records.record import Training
from benchmark.tasks.subsets import subset
from benchmark.training import backbones, features
from benchmark.training.work import Outcome, Work


@pytest.fixture
def work(dataset, backbone):
    def make(name, n=2, **changed):
        chosen = subset(dataset.train.labels, n, 0)
        recipe = all_arms()[name].recipe_at(n, len(dataset.class_names))
        whole = Work(backbones.find(backbone), dataset, chosen, 0, recipe)
        return dataclasses.replace(whole, **changed)

    return make


def test_arms_are_found_by_themselves():
    assert {"scratch", "finetune", "probe"} <= set(all_arms())
    assert list(all_arms()) == sorted(all_arms())


def test_each_arm_knows_its_name():
    assert all(arm(name).name == name for name in all_arms())


def test_an_unknown_arm_gets_the_nearest_one():
    with pytest.raises(UserError, match=r"unknown arm 'finetun'; did you mean 'finetune'\?"):
        arm("finetun")
    with pytest.raises(UserError, match=r"the arms are: .*probe"):
        arm("zzz")


def test_a_new_arm_needs_no_other_edit(monkeypatch):
    monkeypatch.setattr(arms, "_REGISTERED", dict(arms._REGISTERED))
    all_arms.cache_clear()
    recipe = ProbeRecipe()

    @register("guess", pretrained=False, recipe=always(recipe))
    def guess(work):
        return Outcome(np.zeros(3, dtype=np.int64), Training(0, (), None, 0.0))

    assert arm("guess").fit is guess
    assert arm("guess").recipe_at(1, 3) is recipe
    all_arms.cache_clear()


@pytest.mark.parametrize("n", [1, 20, 1000])
def test_scratch_is_trained_for_longer_than_the_pretrained_network(n):
    assert arm("scratch").recipe_at(n, 3).views > arm("finetune").recipe_at(n, 3).views


def test_the_budget_of_scratch_grows_with_the_images_between_bounds():
    views = [arm("scratch").recipe_at(n, 10).views for n in (1, 25, 50, 100, 400)]
    assert views == [38_400, 38_400, 75_000, 150_000, 307_200]


def test_networks_differ_in_nothing_but_start_rate_length_and_size_of_the_trunk():
    one, other = arm("scratch").recipe_at(1, 3), arm("finetune").recipe_at(1, 3)
    own = ("learning_rate", "views", "trunk_scale")
    assert dataclasses.replace(other, **{name: getattr(one, name) for name in own}) == one


@pytest.mark.parametrize("name", ["scratch", "finetune"])
def test_networks_learn_the_toy_task(work, dataset, name):
    outcome = arm(name).fit(work(name, 4, recipe=toy.recipe(60, learning_rate=3e-3)))
    assert outcome.training.steps == 60
    assert np.mean(outcome.predictions == dataset.test.labels) > 0.8


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_probe_predicts_at_every_n(work, dataset, n):
    outcome = arm("probe").fit(work("probe", n))
    assert outcome.predictions.shape == dataset.test.labels.shape
    assert outcome.predictions.dtype == np.int64
    assert (outcome.training.steps, outcome.training.levelled_off) == (0, None)


def noisy(per_class, noise, seed=0):
    """Two classes along the first of many directions."""
    labels = np.repeat([0, 1], per_class)
    inputs = np.random.default_rng(seed).normal(0, noise, (2 * per_class, 40)).astype(np.float32)
    inputs[:, 0] += labels * 2.0
    return inputs, labels


@pytest.mark.parametrize(("per_class", "fallback"), [(1, True), (2, True), (3, False), (9, False)])
def test_folds_choose_the_strength_where_there_are_images_enough(per_class, fallback):
    recipe = ProbeRecipe(fallback=7.0, smallest_n=3)
    strength = chosen_strength(*noisy(per_class, 1.0), recipe, seed=0)
    assert (strength == 7.0) == fallback
    assert fallback or strength in recipe.strengths


def test_of_equally_good_strengths_the_smallest_is_chosen():
    recipe = ProbeRecipe(strengths=(10.0, 0.1, 1.0))
    assert chosen_strength(*noisy(6, 0.0), recipe, seed=0) == 0.1


def test_the_chosen_strength_is_the_best_over_folds():
    inputs, labels = noisy(30, 2.0)
    chosen = chosen_strength(inputs, labels, ProbeRecipe(strengths=(1e-4, 1e-2, 1e3)), seed=0)
    assert chosen < 1e3


def test_features_are_computed_once_and_shared(work, monkeypatch, fresh_cache):
    made = []
    original = features._extracted
    monkeypatch.setattr(features, "_extracted", lambda *a: (made.append(a), original(*a))[1])
    one, _ = (arm("probe").fit(work("probe", n)) for n in (1, 4))
    again = arm("probe").fit(work("probe", 1))
    assert len(made) == 1
    assert (one.predictions == again.predictions).all()


def test_features_are_computed_anew_where_the_network_sees_otherwise(
    tmp_path, dataset, fresh_cache
):
    weights = toy.random_weights()
    name = toy.write_backbone(tmp_path / "one" / "net", weights=weights)
    darker = toy.write_backbone(tmp_path / "two" / "net", weights=weights, mean=[0.1, 0.1, 0.1])
    one, other = (features.pooled(backbones.find(one), dataset) for one in (name, darker))
    assert one.train.shape == other.train.shape
    assert not np.allclose(one.train, other.train)


def test_features_from_the_cache_are_those_that_were_computed(dataset, backbone, fresh_cache):
    made, read = (features.pooled(backbones.find(backbone), dataset) for _ in range(2))
    assert (made.train == read.train).all()
    assert (made.test == read.test).all()
    assert len(made.train) == len(dataset.train.labels)
