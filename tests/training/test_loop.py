import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from toy import CLASSES, pictures, recipe

from benchmark.records.recipe import Augmentation
from benchmark.training import networks, schedule
from benchmark.training.loop import (
    DivergedError,
    Pixels,
    Run,
    classify,
    levelled_off,
    predict,
    train,
)

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
RECIPE = recipe()


@pytest.fixture(autouse=True)
def _a_window_is_a_step_of_eight(monkeypatch):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 8)


def toy_pixels(per_class=4, seed=0, **changed):
    images, labels = pictures(per_class, seed)
    given = {"mean": MEAN, "std": STD} | changed
    return Pixels(torch.from_numpy(images), **given), torch.from_numpy(labels)


def network(norm=True):
    torch.manual_seed(0)
    middle = [nn.BatchNorm2d(6)] if norm else []
    layers = [nn.Conv2d(3, 6, 3, stride=2), *middle, nn.ReLU(), nn.AdaptiveAvgPool2d(3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(54, len(CLASSES)))


def trained(recipe=RECIPE, seed=0, per_class=4, model=None):
    model = model or network()
    pixels, labels = toy_pixels(per_class)
    generator = torch.Generator().manual_seed(seed)
    result = train(model, pixels, classify(labels, recipe), recipe, generator)
    return model, result


def rates(recipe, monkeypatch):
    """The learning rates at which the optimiser steps."""
    seen = []
    recipe = replace(recipe, optimiser="adamw")
    step = torch.optim.AdamW.step

    def watched(optimiser, *args, **kwargs):
        seen.append(optimiser.param_groups[0]["lr"])
        return step(optimiser, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    trained(recipe)
    return seen


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_it_learns(optimiser):
    model, result = trained(recipe(120, optimiser=optimiser))
    fresh, labels = toy_pixels(20, seed=500)
    assert (predict(model, fresh).argmax(1) == labels).float().mean() > 0.9
    assert result.losses[-1] < 0.3 < result.losses[0]


def test_the_same_seed_gives_the_same_losses_and_weights():
    (one, first), (other, second) = trained(), trained()
    assert first.losses == second.losses
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def test_another_seed_gives_another_order():
    still = replace(RECIPE, augmentation=Augmentation(0, 0, 0))
    assert trained(still, seed=1)[1].losses != trained(still, seed=2)[1].losses


@pytest.mark.parametrize("per_class", [1, 2, 5])
@pytest.mark.parametrize("steps", [1, 7, 60])
def test_the_budget_is_kept_to_the_step_however_few_images_there_are(per_class, steps):
    _, result = trained(recipe(steps), per_class=per_class)
    assert result.steps == len(result.losses) == steps


def test_losses_are_means_over_windows_of_which_the_last_may_be_short(monkeypatch):
    _, single = trained(recipe(7))
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 24)
    _, result = trained(recipe(7))
    means = [np.mean(single.losses[i : i + 3]) for i in (0, 3, 6)]
    assert result.losses == pytest.approx(means, abs=2e-5)


def test_every_batch_is_full_and_every_image_comes_equally_often():
    run = new_run(recipe(9), per_class=3)
    batches = [run._next_batch() for _ in range(9)]
    assert [len(batch) for batch in batches] == [8] * 9
    assert np.bincount(torch.cat(batches)).tolist() == [8] * 9


@pytest.mark.parametrize("broken", [{"mean": (math.nan,) * 3}, {"std": (0.0,) * 3}])
def test_pixels_that_are_not_numbers_end_the_training_with_the_step(broken):
    pixels, labels = toy_pixels(**broken)
    with pytest.raises(DivergedError, match="not finite by step 1"):
        train(network(), pixels, classify(labels, RECIPE), RECIPE, torch.Generator())


def test_an_absurd_learning_rate_is_noticed_before_the_budget_is_spent():
    absurd = recipe(500, learning_rate=1e30, optimiser="adamw")
    with pytest.raises(DivergedError, match="not finite by step") as caught:
        trained(absurd, model=network(norm=False))
    assert int(str(caught.value).split()[-1]) < 100


def test_the_optimiser_steps_at_the_rates_of_the_schedule(monkeypatch):
    seen = rates(RECIPE, monkeypatch)
    assert seen == [schedule.Schedule(RECIPE).rate(step) for step in range(40)]
    assert seen[3] == max(seen) == 0.01


def sides(recipe):
    """The sides of the images that the network sees, step by step."""
    seen = []
    model = network()
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape[-1]))
    trained(recipe, model=model)
    return seen


def test_images_are_small_until_the_cool_down():
    assert sides(recipe(10, trunk_scale=0.5)) == [8] * 7 + [16] * 3
    assert sides(recipe(10)) == [16] * 10


def test_images_are_whole_as_soon_as_the_floor_begins_the_cool_down():
    at_once = recipe(40, trunk_scale=0.5, floor=100.0, floor_after=7 * 8)
    assert sides(at_once) == [8] * 7 + [16] * 3


def new_run(recipe=RECIPE, per_class=4):
    pixels, labels = toy_pixels(per_class)
    generator = torch.Generator().manual_seed(0)
    return Run(network(), pixels, classify(labels, recipe), recipe, generator)


def result_of(run):
    run.until(run.recipe.steps)
    return run.windows, list(run.model.state_dict().values())


def assert_same(one, other):
    assert one[0] == other[0]
    assert all(map(torch.equal, one[1], other[1]))


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
@pytest.mark.parametrize("steps", [20, 40, 80])
def test_a_branch_is_the_training_that_had_the_other_budget_always(optimiser, steps, monkeypatch):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 24)
    settings = {"optimiser": optimiser, "trunk_scale": 0.5}
    run = new_run(recipe(40, **settings))
    run.until(14)
    branch = run.branch(8 * steps)
    assert_same(result_of(branch), result_of(new_run(recipe(steps, **settings))))


def test_one_trunk_serves_several_budgets():
    settings = {"trunk_scale": 0.5, "optimiser": "muon"}
    taken = []
    run = new_run(recipe(40, **settings))
    run.model.register_forward_pre_hook(lambda module, inputs: taken.append(run.step))
    for views, one in run.at_budgets([8 * 40, 8 * 10, 8 * 20]):
        alone = new_run(recipe(views // 8, **settings))
        assert_same(result_of(one), result_of(alone))
        assert one.training.steps == views // 8
        assert predict(one.model, one.pixels).equal(predict(alone.model, alone.pixels))
    assert len(taken) - 3 == 28 + 3 + 6 + 12


def test_budgets_beyond_an_early_cool_down_are_one_training():
    settings = {"floor": 100.0, "floor_after": 7 * 8}
    run = new_run(recipe(80, **settings))
    done = {views: one.training for views, one in run.at_budgets([8 * 5, 8 * 20, 8 * 80])}
    assert [training.steps for training in done.values()] == [5, 10, 10]
    assert done[8 * 20].losses == done[8 * 80].losses


def test_a_run_goes_on_after_a_branch_as_if_there_had_been_none():
    run = new_run()
    run.until(10)
    result_of(run.branch(8 * 20))
    assert_same(result_of(run), result_of(new_run()))


def test_a_run_that_is_asked_for_steps_in_parts_is_the_same_run():
    run = new_run()
    for step in (1, 9, 30):
        run.until(step)
        predict(run.model, run.pixels)
    assert_same(result_of(run), result_of(new_run()))


def test_a_branch_after_an_early_cool_down_ends_early_too():
    settings = {"floor": 100.0, "floor_after": 7 * 8}
    run = new_run(recipe(40, **settings))
    run.until(8)
    branch = run.branch(8 * 80)
    assert_same(result_of(branch), result_of(new_run(recipe(80, **settings))))
    assert branch.step == 10


@pytest.mark.parametrize(("floor", "trunk", "end"), [(0.0, 28, 40), (100.0, 7, 10)])
def test_a_run_stops_where_its_cool_down_begins_early_or_not(floor, trunk, end):
    settings = {"floor": floor, "floor_after": 7 * 8}
    run = new_run(recipe(40, **settings))
    run.until_cooldown()
    assert run.step == trunk
    run.until_cooldown()
    assert run.step == trunk
    assert_same(result_of(run), result_of(new_run(recipe(40, **settings))))
    assert run.step == end


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
@pytest.mark.parametrize("step", [0, 5, 14, 28])
def test_a_resumed_run_is_the_one_that_made_all_steps_itself(optimiser, step, monkeypatch):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 24)
    settings = {"optimiser": optimiser, "trunk_scale": 0.5}
    run = new_run(recipe(40, **settings))
    run.until(step)
    run.seconds = 1000.0
    longer = recipe(80, **settings)
    resumed = new_run(longer).resumed(copy.deepcopy(run.state()))
    assert_same(result_of(resumed), result_of(new_run(longer)))
    assert resumed.seconds > 1000


def test_what_is_resumed_stays_as_it_is():
    run, new = new_run(), new_run()
    run.until(10)
    state = run.state()
    result_of(new.resumed(state))
    assert_same(result_of(run), result_of(new))


@pytest.mark.parametrize(
    "other", [{"steps": 13}, {"steps": 80, "floor": 100.0, "floor_after": 7 * 8}]
)
def test_no_run_is_resumed_beyond_the_begin_of_its_own_cool_down(other):
    run = new_run()
    run.until(10)
    with pytest.raises(ValueError, match="step 10 lies in the cool-down"):
        new_run(recipe(**other)).resumed(run.state())


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_norm_keeps_its_statistics_only_where_the_recipe_freezes_them(frozen):
    before = network()[1].running_mean.clone()
    model, _ = trained(replace(RECIPE, frozen_batch_norm=frozen))
    assert torch.equal(model[1].running_mean, before) == frozen


def test_weights_of_a_frozen_batch_norm_are_still_trained():
    model, _ = trained(replace(RECIPE, frozen_batch_norm=True))
    assert not torch.equal(model[1].weight, network()[1].weight)


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_weight_decay_spares_biases_and_norms(optimiser):
    model = network()
    made = networks.optimiser_for(model, recipe(weight_decay=0.3, optimiser=optimiser))
    spared, decayed = made.param_groups
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.3, 0.0)
    assert {id(p) for p in decayed["params"]} == {id(model[0].weight), id(model[-1].weight)}
    assert len(spared["params"]) == 4


def test_muon_steps_kernels_and_matrices_and_leaves_the_rest_to_adamw():
    depthwise = nn.Conv2d(8, 8, 3, groups=8)
    middle = [nn.BatchNorm2d(8), depthwise, nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    model = nn.Sequential(nn.Conv2d(3, 8, 3), *middle, nn.Linear(8, 5))
    made = networks.optimiser_for(model, recipe(weight_decay=0.0))
    before = [p.detach().clone() for p in model.parameters()]
    model(torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))).sum().backward()
    made.step()
    by_muon = {name for name, p in model.named_parameters() if "momentum_buffer" in made.state[p]}
    assert by_muon == {"0.weight", "5.weight"}
    by_adamw = {name for name, p in model.named_parameters() if "exp_avg" in made.state[p]}
    assert by_adamw == {name for name, _ in model.named_parameters()} - by_muon
    step = (before[0] - model[0].weight.detach()).reshape(8, 27)
    assert torch.linalg.svdvals(step / step.norm()).min() > 0.2, "it is nearly orthogonal"


def test_muon_leaves_timm_as_it_was():
    before = networks.muon.muon, networks.muon.nadamw
    trained(recipe(2, optimiser="muon"))
    assert (networks.muon.muon, networks.muon.nadamw) == before


def test_parameters_that_need_no_gradient_stay_as_they_are():
    model = network()
    model[0].requires_grad_(False)
    trained(model=model)
    assert torch.equal(model[0].weight, network()[0].weight)


def test_pixels_are_scaled_to_one_less_the_mean_over_the_deviation():
    pixels, _ = toy_pixels()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
    expected = (pixels.images / 255 - mean) / std
    assert torch.allclose(pixels.batch(slice(None)), expected, atol=1e-5)
    assert torch.equal(pixels.batch(torch.tensor([3, 1])), pixels.batch(slice(None))[[3, 1]])


def test_a_batch_does_not_change_the_stored_images():
    pixels, _ = toy_pixels()
    before = pixels.images.clone()
    pixels.batch(slice(None))
    assert torch.equal(pixels.images, before)
    assert pixels.batch(slice(0, 2)).dtype == torch.float32


def test_prediction_does_not_depend_on_the_size_of_its_batches():
    model, _ = trained()
    pixels, _ = toy_pixels(7)
    assert torch.allclose(predict(model, pixels, 256), predict(model, pixels, 4), atol=1e-5)


def test_prediction_leaves_the_network_as_it_was():
    model, _ = trained()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    predict(model, toy_pixels()[0])
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


FALLING = [0.9 - 0.04 * i for i in range(15)]
"""Of a cool-down."""


@pytest.mark.parametrize(
    ("trunk", "levelled"),
    [
        ([1.0] * 35, True),
        ([2.0 - 0.03 * i for i in range(35)], False),
        ([2.0 * 0.8**i for i in range(35)], True),
        ([1.0] * 28 + [0.995] * 7, True),
        ([1.0] * 28 + [0.98] * 7, False),
        ([2.3] * 14 + [0.06] * 14 + [0.05] * 7, True),
        ([1.0] + [0.5] * 27 + [0.7] * 7, True),
        ([1.0, 0.995], True),
        ([1.0, 0.5], False),
        ([1.0], False),
    ],
)
def test_whether_the_loss_had_levelled_off_before_the_cool_down(trunk, levelled):
    assert levelled_off([*trunk, *FALLING], len(trunk), floor=0.02) == levelled


def test_a_loss_that_stays_where_guessing_has_it_has_not_levelled_off():
    """A rate that is too high: what is learned is learned in the cool-down."""
    assert not levelled_off([2.9, *[2.3] * 9, 2.0], 10, floor=0.02)


@pytest.mark.parametrize(("last", "levelled"), [(0.019, True), (0.021, False)])
def test_a_last_loss_at_the_floor_leaves_nothing_to_learn(last, levelled):
    assert levelled_off([1.0, 0.8, 0.6, 0.3, last], 3, floor=0.02) == levelled
