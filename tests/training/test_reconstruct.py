import dataclasses

import pytest
import torch
from torch import nn
from toy import SIZE, pictures, recipe

from benchmark.errors import UserError
from benchmark.records.own_recipes import ReconstructionRecipe
from benchmark.training import backbones, schedule
from benchmark.training.loop import Pixels
from benchmark.training.reconstruct import Autoencoder, hide, pretrain, reconstruction

RECIPE = ReconstructionRecipe(**vars(recipe(100, learning_rate=3e-3)))


def pixels(per_class=4):
    images, _ = pictures(per_class)
    return Pixels(torch.from_numpy(images), (0.3,) * 3, (0.25,) * 3)


def network(name="test_resnet", side=SIZE):
    torch.manual_seed(0)
    return backbones.find(name).create(3, pretrained=False, image_size=side)


def randomly(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mask", [0.0, 0.5])
def test_the_loss_falls_below_that_of_painting_the_mean(monkeypatch, mask):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 80)
    seen = pixels()
    losses = pretrain(network(), seen, dataclasses.replace(RECIPE, mask=mask), 0).losses
    assert losses[-1] < 0.7 * seen.batch(slice(None)).var()
    assert losses[-1] < losses[0]


def test_everything_but_the_classifier_is_trained():
    model = network()
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    pretrain(model, pixels(), dataclasses.replace(RECIPE, views=80), 0)
    stayed = {n for n, tensor in model.named_parameters() if torch.equal(tensor, before[n])}
    assert stayed == {"fc.weight", "fc.bias"}


def test_the_pre_training_sees_its_multiple_of_the_views_and_never_ends_early():
    longer = dataclasses.replace(RECIPE, views=80, pretraining=2.5, floor=100.0, floor_after=0)
    assert pretrain(network(), pixels(), longer, 0).steps == 25


def test_the_same_seed_gives_the_same_losses():
    short = dataclasses.replace(RECIPE, views=80)
    one, same, other = (pretrain(network(), pixels(), short, seed) for seed in (0, 0, 1))
    assert one.losses == same.losses != other.losses


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_about_a_share_of_each_image_is_hidden_in_squares(share):
    hidden = hide(torch.ones(50, 3, 16, 16), share, randomly())
    squares = hidden.unflatten(3, (8, 2)).unflatten(2, (8, 2))
    assert (squares.amax((3, 5)) == squares.amin((3, 5))).all()
    assert (hidden == 0).float().mean() == pytest.approx(share, abs=0.03)


def test_the_whole_image_is_to_be_painted_and_not_what_is_shown_of_it():
    images, seen = torch.rand(4, 3, 16, 16), []
    objective = reconstruction(1.0, randomly())
    loss = objective(lambda shown: seen.append(shown) or images, images, torch.arange(4))
    assert loss == 0
    assert (seen[0] == 0).all()


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize(
    "name", ["test_byobnet", "test_efficientnet", "test_mambaout", "test_resnet", "test_vit"]
)
def test_networks_of_every_layout_paint_images_of_their_size(name, side):
    model = Autoencoder(network(name, side), torch.rand(1, 3, side, side), 8).eval()
    assert model(torch.rand(2, 3, side, side)).shape == (2, 3, side, side)


def test_images_that_are_shrunk_are_painted_in_their_size():
    model = Autoencoder(network(), torch.rand(1, 3, 28, 28), 8).eval()
    assert model(torch.rand(2, 3, 14, 14)).shape == (2, 3, 14, 14)


def test_a_network_without_a_feature_map_is_one_message():
    model = nn.Module()
    model.forward_features = lambda images: [images, images]
    with pytest.raises(UserError, match="no feature map"):
        Autoencoder(model, torch.rand(1, 3, 16, 16), 8)
