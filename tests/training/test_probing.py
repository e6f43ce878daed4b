import numpy as np
import pytest
import torch
from torch import nn
from toy import pictures

from benchmark.records.recipe import ProbeRecipe
from benchmark.training import probing
from benchmark.training.loop import DivergedError, Pixels
from benchmark.training.probing import check_usable, chosen_strength


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


def logits(layer, inputs):
    with torch.inference_mode():
        given = torch.from_numpy(inputs)
        return layer(given if isinstance(layer, nn.Linear) else given[..., None, None]).flatten(1)


LAYERS = {"linear": lambda classes: nn.Linear(40, classes), "kernel": lambda c: nn.Conv2d(40, c, 1)}


@pytest.mark.parametrize("kind", sorted(LAYERS))
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_layer_predicts_what_the_probe_predicts_that_was_copied_into_it(kind, classes):
    inputs = 3 + 5 * np.random.default_rng(0).normal(size=(60, 40)).astype(np.float32)
    labels = np.arange(60) % classes
    probe = probing.fitted(inputs, labels, ProbeRecipe(), 0)
    layer = LAYERS[kind](classes)
    probing.copy_into(layer, probe)
    wanted = torch.from_numpy(probe.predict_proba(inputs)).float()
    torch.testing.assert_close(logits(layer, inputs).softmax(1), wanted, atol=1e-4, rtol=1e-3)


def test_classes_that_the_probe_has_not_seen_keep_their_logits():
    inputs, labels = noisy(6, 1.0)
    layer = nn.Linear(40, 3)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    probing.copy_into(layer, probing.fitted(inputs, 2 * labels, ProbeRecipe(), 0))
    found = logits(layer, inputs)
    assert (found[:, 1] == 0).all()
    assert (found[:, [0, 2]] != 0).all()


def test_the_inputs_of_a_layer_are_those_of_a_prediction():
    images, _ = pictures(2)
    pixels = Pixels(torch.from_numpy(images), (0.5,) * 3, (0.2,) * 3)
    body, layer = nn.Sequential(nn.AvgPool2d(8), nn.Dropout(0.9), nn.Flatten()), nn.Linear(12, 3)
    found = probing.inputs_of(layer, nn.Sequential(body, layer), pixels)
    wanted = body.eval()(pixels.batch(slice(None)))
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5)
    assert not layer._forward_pre_hooks


def test_features_that_are_not_finite_fail_the_training_and_nothing_else():
    inputs = np.ones((4, 3), np.float32)
    check_usable(inputs)
    inputs[1, 2] = np.inf
    with pytest.raises(DivergedError, match=r"not finite, or beyond 1e\+15, for 1 of 4 images"):
        check_usable(inputs)
