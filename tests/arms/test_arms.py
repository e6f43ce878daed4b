import dataclasses

import numpy as np
import pytest
import toy

from benchmark import arms
from benchmark.arms import all_arms, arm, register
from benchmark.defaults import ARMS
from benchmark.errors import UserError
from benchmark.records.recipe import ProbeRecipe, always
from benchmark.records.record import Training
from benchmark.training import backbones, features
from benchmark.training.work import Outcome

RANDOM = (
    "autoencoder",
    "autoencoder_all",
    "matched_init",
    "scratch_dropout",
    "scratch_kaiming",
    "scratch_orthogonal",
    "scratch_xavier",
)
FINETUNED = ("finetune_frozen_norm", "finetune_head_first")


def test_arms_are_found_by_themselves():
    assert {*ARMS, *RANDOM, *FINETUNED} == set(all_arms())
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
def test_scratch_is_never_trained_for_less_than_the_pretrained_network(n):
    assert arm("scratch").recipe_at(n, 3).views >= arm("finetune").recipe_at(n, 3).views


def test_the_budget_of_scratch_grows_with_the_images_between_bounds():
    views = [arm("scratch").recipe_at(n, 10).views for n in (1, 25, 50, 100, 400)]
    assert views == [38_400, 38_400, 75_000, 150_000, 307_200]


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("n", [1, 100])
def test_whatever_starts_at_random_gets_the_recipe_of_scratch(name, n):
    recipe, scratch = arm(name).recipe_at(n, 10), arm("scratch").recipe_at(n, 10)
    assert {**vars(recipe), **vars(scratch)} == vars(recipe)


@pytest.mark.parametrize("name", FINETUNED)
def test_whatever_fine_tunes_gets_the_recipe_of_fine_tuning_but_for_what_it_is_about(name):
    recipe, finetune = arm(name).recipe_at(1, 10), arm("finetune").recipe_at(1, 10)
    assert {**vars(recipe), **vars(finetune), "frozen_batch_norm": True} == {
        **vars(recipe),
        "frozen_batch_norm": True,
    }


def test_arms_that_borrow_settings_end_at_one_that_is_tuned():
    for one in all_arms().values():
        while one.settings_of is not None:
            one = arm(one.settings_of)
        assert one.is_tuned


def test_only_arms_that_differ_in_settings_or_scale_are_tuned_unasked():
    tuned = {name for name, one in all_arms().items() if one.is_tuned}
    differing = {"autoencoder", "matched_init", "scratch_dropout"}
    assert tuned - {"probe"} == {"finetune", "scratch"} | differing


def test_what_an_arm_tries_are_settings_of_its_recipe():
    for one in all_arms().values():
        for change in one.changes:
            assert dataclasses.replace(one.recipe_at(1, 3), **change)


def test_only_arms_that_start_from_learned_features_are_pretraining():
    pretrained = {name for name, one in all_arms().items() if one.pretrained}
    assert pretrained == {*FINETUNED, "finetune", "probe"}
    assert {name for name, one in all_arms().items() if one.reads_weights} - pretrained == {
        "matched_init"
    }


def test_all_arms_can_be_asked_for_in_one_word():
    assert [one.name for one in arms.named(["all"])] == list(all_arms())
    assert [one.name for one in arms.named(["probe", "scratch"])] == ["probe", "scratch"]


def test_networks_differ_in_nothing_but_start_rate_length_and_size_of_the_trunk():
    one, other = arm("scratch").recipe_at(1, 3), arm("finetune").recipe_at(1, 3)
    own = ("learning_rate", "views", "trunk_scale")
    assert dataclasses.replace(other, **{name: getattr(one, name) for name in own}) == one


@pytest.mark.parametrize("name", ["finetune", "scratch", *FINETUNED, *RANDOM])
def test_networks_learn_the_toy_task(short, dataset, name):
    outcome = arm(name).fit(short(name))
    assert outcome.training.steps == 60
    assert np.mean(outcome.predictions == dataset.test.labels) > 0.8


@pytest.mark.parametrize("name", ["finetune", "scratch", *FINETUNED, *RANDOM])
def test_the_same_seed_gives_the_same_predictions(short, name):
    one, other = (arm(name).fit(short(name, n=2, steps=4)) for _ in range(2))
    assert one.training.losses == other.training.losses
    assert (one.predictions == other.predictions).all()


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_probe_predicts_at_every_n(work, dataset, n):
    outcome = arm("probe").fit(work("probe", n))
    assert outcome.predictions.shape == dataset.test.labels.shape
    assert outcome.predictions.dtype == np.int64
    assert (outcome.training.steps, outcome.training.levelled_off) == (0, None)


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
