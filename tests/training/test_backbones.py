import json
import pickle
import re
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn
from toy import random_weights, write_backbone

from benchmark.arms import all_arms
from benchmark.errors import UserError
from benchmark.training import backbones, networks, torchvision_ops, weights

NOISE = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("pretrained", sorted({arm.pretrained for arm in all_arms().values()}))
@pytest.mark.parametrize("architecture", ["test_resnet", "test_efficientnet", "test_vit"])
def test_the_first_logits_are_zero_in_every_arm(tmp_path, architecture, pretrained):
    name = write_backbone(tmp_path / "net", architecture, fixed_input_size="vit" in architecture)
    model = backbones.find(name).create(7, pretrained=pretrained, image_size=32).eval()
    assert torch.equal(model(NOISE), torch.zeros(2, 7))


@pytest.mark.parametrize("architecture", ["test_resnet", "repvit_m0_9", "swiftformer_xs"])
def test_a_classifier_of_any_build_starts_at_zero_and_can_learn(architecture):
    model = backbones.find(architecture).create(7, pretrained=False)
    assert not model.eval()(NOISE).any()
    model.train()(NOISE).log_softmax(1)[:, 3].sum().backward()
    heads = model.get_classifier()
    for head in heads if isinstance(heads, tuple) else (heads,):
        assert any(p.grad.any() for p in head.parameters() if p.ndim > 1)


def test_no_classes_give_pooled_features(backbone):
    model = backbones.find(backbone).create(0, pretrained=True)
    assert model(NOISE).shape == (2, model.num_features)


def test_pretrained_weights_are_those_of_the_folder(tmp_path):
    weights = random_weights(seed=5)
    model = backbones.find(write_backbone(tmp_path / "net", weights=weights)).create(
        3, pretrained=True
    )
    assert all(torch.equal(model.state_dict()[key], value) for key, value in weights.items())


def test_a_random_start_follows_the_seed_and_not_the_folder(backbone):
    def first_weights(seed, pretrained):
        torch.manual_seed(seed)
        return next(backbones.find(backbone).create(3, pretrained=pretrained).parameters())

    assert torch.equal(first_weights(1, False), first_weights(1, False))
    assert not torch.equal(first_weights(1, False), first_weights(2, False))
    assert not torch.equal(first_weights(1, False), first_weights(1, True))


def test_a_folder_without_weights_is_an_error_only_where_they_are_needed(tmp_path):
    name = write_backbone(tmp_path / "net")
    (tmp_path / "net" / "model.safetensors").unlink()
    backbones.find(name).create(3, pretrained=False)
    with pytest.raises(UserError, match="there are no weights in this folder"):
        backbones.find(name).create(3, pretrained=True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "line 1|:1: this is not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no key architecture"),
        ('{"architecture": "test_resnt"}', "did you mean 'test_resnet'"),
        ('{"architecture": "test_resnet", "model_args": {"colour": 1}}', "model_args"),
        ('{"model_type": "resnet"}', "transformers, not of timm"),
    ],
)
def test_a_broken_configuration_is_an_error_for_people(tmp_path, content, expected):
    name = write_backbone(tmp_path / "net")
    (tmp_path / "net" / "config.json").write_text(content)
    with pytest.raises(UserError, match=expected) as caught:
        _ = backbones.find(name).preprocessing
    assert "config.json" in caught.value.where


@pytest.mark.parametrize(
    "key", ["conv1.0.weight", "layer1.0.bn1.weight", "layer2.0.bn2.running_var"]
)
@pytest.mark.parametrize("classes_in_file", [0, 1000])
def test_a_tensor_that_is_missing_is_named(tmp_path, key, classes_in_file):
    weights = random_weights()
    del weights[key]
    name = write_backbone(tmp_path / "net", weights=weights, num_classes=classes_in_file)
    if classes_in_file:
        edit_config(tmp_path / "net", num_classes=classes_in_file)
    with pytest.raises(UserError, match=re.escape(key)):
        backbones.find(name).create(3, pretrained=True)


def test_nobody_can_ask_torch_for_more_than_tensors(monkeypatch, tmp_path):
    torch.save(Malicious(tmp_path / "pwned"), tmp_path / "file.pth")

    def insistent(name, **how):
        torch.load(tmp_path / "file.pth", weights_only=False)

    monkeypatch.setattr(networks.timm, "create_model", insistent)
    with pytest.raises(UserError, match="cannot build backbone"):
        networks.build("test_resnet", pretrained=True)
    assert not (tmp_path / "pwned").exists()


def test_pickled_tensors_are_read(tmp_path):
    name = write_backbone(tmp_path / "net")
    weights = random_weights(seed=3)
    (tmp_path / "net" / "model.safetensors").unlink()
    torch.save({"state_dict": weights, "epoch": 3}, tmp_path / "net" / "pytorch_model.bin")
    state = backbones.find(name).create(3, pretrained=True).state_dict()
    assert torch.equal(state["conv1.0.weight"], weights["conv1.0.weight"])


def spoilt(change):
    weights = random_weights()
    change(weights)
    return weights


def set_first(key, value):
    return lambda weights: weights[key].view(-1)[:1].fill_(value)


@pytest.mark.parametrize(
    "change",
    [
        set_first("conv1.0.weight", float("nan")),
        set_first("layer1.0.bn1.bias", float("inf")),
        set_first("layer2.0.bn1.running_mean", -float("inf")),
        set_first("layer2.0.bn1.running_var", -1.0),
    ],
)
def test_weights_that_are_no_numbers_are_refused(tmp_path, change):
    name = write_backbone(tmp_path / "net", weights=spoilt(change))
    with pytest.raises(UserError, match="1 of 90 tensors hold values that are no finite numbers"):
        _ = backbones.find(name).weights_hash
    backbones.find(name).create(3, pretrained=False)


def test_numbers_that_half_precision_cannot_hold_are_refused(tmp_path):
    weights = {k: (1e6 * v).half() for k, v in random_weights().items()}
    with pytest.raises(UserError, match="no finite numbers"):
        _ = backbones.find(write_backbone(tmp_path / "net", weights=weights)).weights_hash


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_precision_are_taken(tmp_path, kind):
    weights = {k: v.to(kind) for k, v in random_weights().items()}
    assert backbones.find(write_backbone(tmp_path / "net", weights=weights)).weights_hash


def test_whole_numbers_in_place_of_weights_are_refused(tmp_path):
    weights = {k: (10 * v).to(torch.int8) for k, v in random_weights().items()}
    with pytest.raises(UserError, match="hold whole numbers, as quantised weights do"):
        _ = backbones.find(write_backbone(tmp_path / "net", weights=weights)).weights_hash


def test_an_architecture_without_weights_is_said_to_have_none(monkeypatch):
    monkeypatch.setattr(networks.hub, "answers", lambda: False)
    with pytest.raises(UserError, match="timm has no weights for it"):
        weights.filled("coatnet_nano_cc_224")


def edit_config(folder, **changed):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def test_weights_of_another_architecture_are_refused(tmp_path):
    weights = random_weights("test_efficientnet")
    with pytest.raises(UserError, match="conv1"):
        backbones.find(write_backbone(tmp_path / "net", weights=weights)).create(3, pretrained=True)


def test_a_tensor_of_another_shape_is_refused(tmp_path):
    weights = random_weights()
    weights["layer1.0.bn1.weight"] = torch.ones(5)
    name = write_backbone(tmp_path / "net", weights=weights)
    with pytest.raises(UserError, match=r"layer1\.0\.bn1\.weight has the shape 5, but"):
        backbones.find(name).create(3, pretrained=True)


def test_weights_that_were_cut_off_are_refused(tmp_path):
    name = write_backbone(tmp_path / "net")
    file = tmp_path / "net" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError, match="cut off at 1506820 bytes"):
        _ = backbones.find(name).weights_hash


class Malicious:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


FILES = ["pytorch_model.bin", "model.pth", "any.pth", "any.pth.tar", "open_clip_pytorch_model.bin"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "save",
    [
        torch.save,
        partial(torch.save, _use_new_zipfile_serialization=False),
        lambda thing, file: file.write_bytes(pickle.dumps(thing)),
    ],
)
def test_code_in_a_pickled_checkpoint_is_not_run(tmp_path, save, file):
    name = write_backbone(tmp_path / "net")
    (tmp_path / "net" / "model.safetensors").unlink()
    save({"conv1.0.weight": Malicious(tmp_path / "pwned")}, tmp_path / "net" / file)
    with pytest.raises(UserError, match="code in it is never run"):
        backbones.find(name).create(3, pretrained=True)
    assert not (tmp_path / "pwned").exists()


def test_the_hash_of_the_weights_changes_with_a_single_value(tmp_path):
    weights = random_weights()
    one = backbones.find(write_backbone(tmp_path / "one", weights=weights)).weights_hash
    same = backbones.find(write_backbone(tmp_path / "same", weights=weights)).weights_hash
    weights["layer1.0.bn1.bias"][0] += 1e-6
    other = backbones.find(write_backbone(tmp_path / "other", weights=weights)).weights_hash
    assert one == same != other


def test_preprocessing_is_that_of_the_configuration(backbone):
    wanted = backbones.find(backbone).preprocessing
    assert (wanted.mean, wanted.std) == ((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    assert (wanted.interpolation, wanted.fixed_input_size) == ("bilinear", False)


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_network_of_fixed_size_takes_images_of_another(tmp_path, pretrained):
    name = write_backbone(
        tmp_path / "vit",
        "test_vit",
        fixed_input_size=True,
        first_conv="patch_embed.proj",
        classifier="head",
        input_size=[3, 160, 160],
    )
    model = backbones.find(name).create(3, pretrained=pretrained, image_size=32)
    assert model(NOISE).shape == (2, 3)


def test_a_size_that_the_network_cannot_take_is_said_beforehand():
    with pytest.raises(UserError, match="'test_vit' cannot take images of 24 pixels"):
        backbones.find("test_vit").check_size(24)
    backbones.find("test_vit").check_size(64)


def test_the_first_network_of_a_process_starts_as_any_other():
    backbone = backbones.Backbone("test_resnet")  # which knows nothing of itself yet
    starts = []
    for _ in range(2):
        torch.manual_seed(0)
        starts.append(backbone.create(3, pretrained=False, image_size=32).state_dict())
    assert all(map(torch.equal, starts[0].values(), starts[1].values()))


def test_looking_at_a_network_or_its_weights_draws_nothing(backbone):
    weights.filled.cache_clear()
    networks.drops_at.cache_clear()
    before, found = torch.get_rng_state(), backbones.find(backbone)
    found.create(0, pretrained=True)
    assert all([found.has_batch_norm, found.drops_at("drop_rate"), found.pretrained_on])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "size", "takes"),
    [("test_resnet", 64, True), ("test_vit", 64, False), ("test_vit2", 80, False)],
)
def test_which_networks_take_images_of_half_the_size(name, size, takes):
    assert backbones.find(name).takes_half(size) == takes


def test_a_folder_is_labelled_by_its_description(tmp_path):
    assert backbones.find(write_backbone(tmp_path / "net")).label == "a toy"
    assert backbones.find(write_backbone(tmp_path / "bare", description=None)).label == "bare"
    assert backbones.find("resnet18").label == "resnet18"


def test_the_older_form_of_a_configuration_is_understood(tmp_path):
    name = write_backbone(tmp_path / "net")
    flat = json.loads((tmp_path / "net" / "config.json").read_text())
    flat |= flat.pop("pretrained_cfg")
    (tmp_path / "net" / "config.json").write_text(json.dumps(flat))
    assert backbones.find(name).preprocessing.mean == (0.4, 0.5, 0.6)
    assert backbones.find(name).label == "a toy"


# torchvision beside a CPU build of torch


def test_schemas_are_declared_once():
    assert torchvision_ops.declare_missing() is torchvision_ops.declare_missing()


def test_nothing_is_declared_where_torchvision_is_whole(monkeypatch):
    monkeypatch.setattr(torchvision_ops, "_loads_its_operators", lambda: True)
    assert torchvision_ops.declare_missing.__wrapped__() is None


def test_transforms_work():
    assert torchvision_ops.transforms.CenterCrop(8)(NOISE).shape == (2, 3, 8, 8)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("test_resnet", {"drop_rate", "drop_path_rate"}),
        ("test_vit", {"drop_rate", "drop_path_rate"}),
        ("dla46x_c", {"drop_rate"}),
    ],
)
def test_a_backbone_knows_what_it_can_drop_at_random(name, rates):
    network = backbones.find(name)
    assert {rate for rate in ("drop_rate", "drop_path_rate") if network.drops_at(rate)} == rates


@pytest.mark.parametrize(("name", "has"), [("test_resnet", True), ("test_vit", False)])
def test_a_backbone_knows_whether_it_has_batch_norm(name, has):
    assert backbones.find(name).has_batch_norm == has


def test_another_network_behind_a_name_of_the_hub_is_another_design(monkeypatch):
    """Its config is timm's to read, and may name another one tomorrow."""
    known = backbones.Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear", False)
    monkeypatch.setattr(backbones.Backbone, "preprocessing", known)

    def design(network):
        monkeypatch.setattr(networks, "build", lambda name, pretrained: network)
        return backbones.Backbone("hf-hub:toy/net").design

    assert design(nn.Linear(2, 3)) == design(nn.Linear(2, 3)) != design(nn.Linear(2, 4))
