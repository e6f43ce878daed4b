"""The backbone that comes with the suite."""

import json

import pytest
import torch

from benchmark.defaults import BUNDLED
from benchmark.defaults import BUNDLED_FOLDER as FOLDER
from benchmark.training import backbones


def test_it_is_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 2_000_000


def test_every_tensor_is_filled():
    model = backbones.find(BUNDLED).create(10, pretrained=True).eval()
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values())
    assert not model(torch.rand(2, 3, 32, 32)).any()


def test_its_features_tell_images_apart():
    model = backbones.find(BUNDLED).create(0, pretrained=True).eval()
    features = model(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert features.std(0).mean() > 1e-3


def test_it_is_the_network_that_the_hub_has_weights_for():
    config = json.loads((FOLDER / "config.json").read_text())
    assert config["architecture"] == "test_resnet"
    own = backbones.find(BUNDLED).create(0, pretrained=False).state_dict()
    same = backbones.find("test_resnet.r160_in1k").create(0, pretrained=False).state_dict()
    assert {k: v.shape for k, v in own.items()} == {k: v.shape for k, v in same.items()}


def test_it_is_labelled_as_what_it_is():
    assert "distilled from ImageNet-pretrained" in backbones.find(BUNDLED).label
    assert backbones.portable_name(BUNDLED) == BUNDLED


@pytest.mark.parametrize("word", ["image", "seed", "licence", "benchmark distill"])
def test_its_readme_says_how_it_was_made(word):
    assert word in (FOLDER / "README.md").read_text(encoding="utf-8").lower()


def test_its_readme_names_the_teacher():
    teacher = json.loads((FOLDER / "distillation.json").read_text())["teacher"]
    assert teacher in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert teacher in backbones.find(BUNDLED).label
