import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from toy import CLASSES, pictures

from benchmark.records.recipe import Augmentation, Recipe
from benchmark.training import loop as training
from benchmark.training import networks
from benchmark.training.loop import DivergedError, Pixels, classify, levelled_off, predict, train

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
RECIPE = Recipe(learning_rate=0.01, steps=40, batch_size=8, floor=0.0)


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
    step = torch.optim.AdamW.step

    def watched(optimiser, *args, **kwargs):
        seen.append(optimiser.param_groups[0]["lr"])
        return step(optimiser, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    trained(recipe)
    return seen


def test_it_learns():
    model, result = trained(replace(RECIPE, steps=120))
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
    _, result = trained(replace(RECIPE, steps=steps), per_class=per_class)
    assert result.steps == steps
    assert len(result.losses) == math.ceil(steps / math.ceil(steps / 50))


def test_every_batch_is_full_and_every_image_comes_equally_often():
    batches = list(training._batches(5, replace(RECIPE, steps=10), torch.Generator()))
    assert [len(batch) for batch in batches] == [8] * 10
    assert np.bincount(torch.cat(batches)).tolist() == [16] * 5


@pytest.mark.parametrize("broken", [{"mean": (math.nan,) * 3}, {"std": (0.0,) * 3}])
def test_pixels_that_are_not_numbers_end_the_training_with_the_step(broken):
    pixels, labels = toy_pixels(**broken)
    with pytest.raises(DivergedError, match="not finite by step 1"):
        train(network(), pixels, classify(labels, RECIPE), RECIPE, torch.Generator())


def test_an_absurd_learning_rate_is_noticed_before_the_budget_is_spent():
    recipe = replace(RECIPE, learning_rate=1e30, steps=500)
    with pytest.raises(DivergedError, match="not finite by step") as caught:
        trained(recipe, model=network(norm=False))
    assert int(str(caught.value).split()[-1]) < 100


def test_the_learning_rate_warms_up_and_ends_near_zero(monkeypatch):
    seen = rates(replace(RECIPE, steps=100, warmup=0.1), monkeypatch)
    assert seen[:10] == pytest.approx([0.001 * i for i in range(1, 11)])
    assert max(seen) == pytest.approx(0.01)
    assert seen[10:] == sorted(seen[10:], reverse=True)
    assert 0 < seen[-1] < 1e-5


def test_a_single_step_is_made_at_the_full_rate(monkeypatch):
    assert rates(replace(RECIPE, steps=1), monkeypatch) == [RECIPE.learning_rate]


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_norm_keeps_its_statistics_only_where_the_recipe_freezes_them(frozen):
    before = network()[1].running_mean.clone()
    model, _ = trained(replace(RECIPE, frozen_batch_norm=frozen))
    assert torch.equal(model[1].running_mean, before) == frozen


def test_weights_of_a_frozen_batch_norm_are_still_trained():
    model, _ = trained(replace(RECIPE, frozen_batch_norm=True))
    assert not torch.equal(model[1].weight, network()[1].weight)


def test_weight_decay_spares_biases_and_norms():
    model = network()
    spared, decayed = networks.parameter_groups(model, 0.3)
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.3, 0.0)
    assert {id(p) for p in decayed["params"]} == {id(model[0].weight), id(model[-1].weight)}
    assert len(spared["params"]) == 4


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


@pytest.mark.parametrize(
    ("losses", "levelled"),
    [
        ([1.0] * 50, True),
        ([2.0 - 0.03 * i for i in range(50)], False),
        ([2.0 * 0.8**i for i in range(50)], True),
        ([1.0] * 40 + [0.995] * 10, True),
        ([1.0] * 40 + [0.98] * 10, False),
        ([2.3] * 20 + [0.06] * 20 + [0.05] * 10, True),
        ([0.5] * 40 + [0.7] * 10, True),
        ([1.0, 0.995], True),
        ([1.0, 0.5], False),
        ([1.0], False),
        ([0.01], True),
    ],
)
def test_whether_the_loss_has_levelled_off(losses, levelled):
    assert levelled_off(losses, floor=0.02) == levelled
