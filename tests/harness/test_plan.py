from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy import random_weights

from benchmark.arms import all_arms, arm
from benchmark.errors import UserError
from benchmark.harness import plan
from benchmark.records.record import Trial
from benchmark.training import backbones

words = st.lists(st.sampled_from("abcde"), min_size=1, unique=True)


@given(words, st.dictionaries(st.integers(1, 100), st.integers(1, 5), min_size=1))
def test_every_combination_is_planned_once(arms, seeds):
    trials = plan.grid("toy", "net", arms, seeds)
    assert len(trials) == len(set(trials)) == len(arms) * sum(seeds.values())
    for n, count in seeds.items():
        assert {t.seed for t in trials if t.images_per_class == n} == set(range(count))


def test_a_size_that_is_named_twice_is_planned_once(task, backbone):
    selection = plan.Selection((task,), (backbone,), ("scratch",), (2, 2), 1)
    (job,) = plan.prepare(selection).jobs
    assert job.trial == Trial("toy", "net", "scratch", 2, 0)


def test_each_size_may_have_seeds_of_its_own(task, backbone):
    selection = plan.Selection((task,), (backbone,), ("scratch", "probe"), seeds={1: 3, 4: 1})
    trials = [job.trial for job in plan.prepare(selection).jobs]
    assert [(t.images_per_class, t.seed) for t in trials if t.arm == "probe"] == [
        *((1, seed) for seed in range(3)),
        (4, 0),
    ]


def test_sizes_that_every_class_fills_are_kept():
    assert plan.feasible([3, 1], np.array([0, 0, 0, 1, 1, 1]), ["cat", "dog"]) == ([1, 3], [])


def test_a_size_that_a_class_cannot_fill_gets_a_line_with_class_and_count():
    kept, lines = plan.feasible([1, 2, 3], np.array([0, 0, 0, 1]), ["cat", "dog"])
    assert kept == [1]
    assert lines == [
        "N=2 is left out: class 'dog' has 1 training images",
        "N=3 is left out: class 'dog' has 1 training images",
    ]


def planned(monkeypatch, task, backbone, dataset, **changed):
    monkeypatch.setattr(plan, "dataset_for", lambda *_: replace(dataset, **changed))
    return plan.prepare(plan.Selection((task,), (backbone,), ("scratch",), seeds=1))


def test_what_was_said_of_the_data_is_said_before_training(monkeypatch, task, backbone, dataset):
    notes = planned(monkeypatch, task, backbone, dataset, notes=("x is not used",)).notes
    assert f"{task.name}: x is not used" in notes


def test_a_task_that_validate_refuses_for_its_leaks_is_not_run(
    monkeypatch, task, backbone, dataset
):
    leaked = tuple(range(len(dataset.test.labels)))
    with pytest.raises(UserError, match=r"100%.* are also training images"):
        planned(monkeypatch, task, backbone, dataset, test_in_train=leaked)


@pytest.mark.parametrize(
    ("name", "size", "scale"),
    [("test_resnet", 64, 0.5), ("test_resnet", 32, 1), ("test_vit", 64, 1)],
)
def test_images_are_shrunk_where_something_is_left_to_see_and_the_network_takes_them(
    task, name, size, scale
):
    half = {"trunk_scale": 0.5}
    fitted = plan.fitted(arm("scratch").recipe_at(1, 3), half, task, backbones.find(name), size)
    assert fitted.trunk_scale == scale


@pytest.fixture
def tuned(monkeypatch):
    """What was tuned, by arm."""
    found = {"scratch": {"turn": 1.0, "tuned_at": 2}}
    monkeypatch.setattr(plan, "settings_for", lambda backbone, arm, n: found.get(arm, {}))
    return found


def test_an_arm_without_settings_takes_those_of_the_arm_that_it_names_and_says_so(task, tuned):
    network = backbones.find("test_resnet")
    for name in ("scratch_kaiming", "matched_init", "autoencoder_all"):
        recipe = plan.recipe_for(arm(name), task, network, 4, 3, 16)
        assert (recipe.augmentation.turn, recipe.tuned_at) == (1.0, 2)
        assert recipe.settings_of == "scratch"


def test_an_arm_with_settings_of_its_own_takes_no_others(tuned):
    tuned["autoencoder"] = {"mask": 0.25}
    assert plan.chosen_for(arm("autoencoder"), "net", 4) == {"mask": 0.25}
    others = plan.chosen_for(arm("autoencoder_all"), "net", 4)
    assert others == {"mask": 0.25, "settings_of": "autoencoder"}


def test_where_nothing_was_tuned_there_is_nothing_to_take(tuned):
    tuned.clear()
    assert all(plan.chosen_for(one, "net", 4) == {} for one in all_arms().values())


@pytest.fixture
def _nothing_drops(monkeypatch):
    monkeypatch.setattr(backbones.Backbone, "drops_at", lambda backbone, rate: False)


@pytest.mark.usefixtures("_nothing_drops")
def test_an_arm_that_is_nothing_for_a_network_is_left_out_in_a_sentence(task, backbone):
    found = plan.prepare(plan.Selection((task,), (backbone,), ("all",), (1,), 1))
    assert {job.trial.arm for job in found.jobs} == set(all_arms()) - {"scratch_dropout"}
    line = "scratch_dropout is left out for a toy: it has neither dropout nor stochastic depth"
    assert found.notes == (line,)


@pytest.mark.usefixtures("_nothing_drops")
def test_if_no_other_arm_was_asked_for_that_is_all_there_is_to_say(task, backbone):
    with pytest.raises(UserError, match=r"neither dropout nor stochastic depth.*no trial can be"):
        plan.prepare(plan.Selection((task,), (backbone,), ("scratch_dropout",), (1,), 1))


def test_a_trial_has_the_settings_that_were_tuned_nearest_to_its_n(task, monkeypatch):
    monkeypatch.setattr(plan, "settings_for", lambda backbone, arm, n: {"tuned_at": n, "turn": 1.0})
    network = backbones.find("test_resnet")
    recipe = plan.recipe_for(arm("finetune"), task, network, 4, 3, 16)
    assert (recipe.tuned_at, recipe.augmentation.turn) == (4, 1.0)


@pytest.mark.parametrize(("arms", "said"), [(("scratch",), 0), (("scratch", "finetune"), 1)])
def test_how_a_checkpoint_fits_is_said_where_its_weights_are_read(task, tmp_path, arms, said):
    torch.save(random_weights(seed=6), tmp_path / "mine.pth")
    name = f"checkpoint:test_resnet:{tmp_path / 'mine.pth'}"
    notes = plan.prepare(plan.Selection((task,), (name,), arms, (1,), 1)).notes
    assert ["fills all 90 tensors of test_resnet" in note for note in notes].count(True) == said
    assert not any(str(tmp_path) in note for note in notes)
