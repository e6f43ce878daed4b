import numpy as np
import pytest
import torch
from torch import nn

from benchmark.explain.blocks import blocks
from benchmark.explain.reuse import features, linear_cka, neighbours_accuracy
from benchmark.training.loop import Pixels


def drawn(seed=0, shape=(50, 6)):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_rotated_shifted_and_scaled_features_are_the_same():
    rotation, _ = np.linalg.qr(drawn(1, (6, 6)))
    assert linear_cka(drawn(), 3 * drawn() @ rotation + 5) == pytest.approx(1)


def test_features_that_share_nothing_have_little_in_common():
    assert linear_cka(drawn(0, (2000, 6)), drawn(1, (2000, 6))) < 0.05


def test_features_that_never_change_are_like_nothing():
    assert linear_cka(np.ones((50, 6), np.float32), drawn()) == 0


def test_neighbours_find_classes_that_lie_apart_and_guess_where_there_is_nothing():
    labels = np.repeat([0, 1], 20)
    apart = drawn(2, (40, 6)) * 0.1 + np.eye(6, dtype=np.float32)[labels] * 5
    assert neighbours_accuracy(apart[::2], labels[::2], apart[1::2], labels[1::2]) == 1
    noise = drawn(3, (400, 6))
    guesses = np.tile([0, 1], 200)
    assert 0.35 < neighbours_accuracy(noise[:200], guesses[:200], noise[200:], guesses[200:]) < 0.65


def test_one_image_per_class_is_enough_for_neighbours():
    own = np.eye(3, dtype=np.float32)
    assert neighbours_accuracy(own, np.arange(3), own * 2, np.arange(3)) == 1


def test_features_are_what_comes_out_of_each_block_pooled_over_places():
    part = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    model = nn.Sequential()
    model.add_module("stages", nn.Sequential(part, nn.Sequential(nn.Conv2d(4, 5, 1))))
    pixels = Pixels(torch.randint(0, 256, (7, 3, 4, 4), dtype=torch.uint8), (0.5,) * 3, (0.3,) * 3)
    first, second = features(model, blocks(model), pixels, batch_size=3)
    assert (first.shape, second.shape) == ((7, 4), (7, 5))
    with torch.no_grad():
        expected = part.eval()(pixels.batch(slice(None))).mean((2, 3))
    np.testing.assert_allclose(first, expected.numpy(), rtol=1e-5)
