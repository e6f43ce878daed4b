import argparse
import pickle
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from toy import random_weights

from benchmark.errors import UserError
from benchmark.training import backbones, names, weights

BODY = random_weights(seed=4)
CLASSIFIER = {"fc.weight": torch.ones(37, 96), "fc.bias": torch.zeros(37)}
OTHER = random_weights(seed=5)


def prefixed(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


def named(file, architecture="test_resnet"):
    return f"checkpoint:{architecture}:{file}"


def saved(folder, content, file="best.pth"):
    torch.save(content, folder / file)
    return named(folder / file)


def body_of(name):
    return weights.filled(name).network.state_dict()


def is_body(name, body=BODY):
    found = body_of(name)
    return all(torch.equal(found[key], tensor) for key, tensor in body.items())


WRAPPED = {
    "bare": BODY,
    "another classifier": BODY | CLASSIFIER,
    "state_dict": {"state_dict": BODY, "epoch": 3, "optimizer": {"state": {0: {"exp_avg": 1}}}},
    "model": {"model": BODY | CLASSIFIER, "args": argparse.Namespace(lr=0.1)},
    "data parallel": {"state_dict": prefixed("module.", BODY | CLASSIFIER)},
    "backbone and head": prefixed("backbone.", BODY) | {"head.weight": torch.ones(3)},
    "lightning": {"state_dict": prefixed("model.backbone.", BODY), "global_step": 7},
    "averaged": {"model": OTHER, "model_ema": BODY},
    "averaged as timm does": {"state_dict": OTHER, "state_dict_ema": prefixed("module.", BODY)},
    "momentum encoder, renamed": prefixed("module.encoder_q.", BODY),
    "without counters": {k: v for k, v in BODY.items() if not k.endswith("num_batches_tracked")},
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_the_tensors_are_found_in_whatever_they_are_wrapped(tmp_path, kind):
    assert is_body(saved(tmp_path, WRAPPED[kind]))


@pytest.mark.parametrize("file", ["w.safetensors", "w.pth", "w.pt", "w.bin", "w.ckpt", "w.pth.tar"])
def test_every_usual_ending_is_read(tmp_path, file):
    save = save_file if file.endswith(".safetensors") else torch.save
    save(prefixed("module.", BODY), tmp_path / file)
    assert is_body(named(tmp_path / file))


def test_checkpoints_in_a_papers_own_names_are_renamed_by_timm(tmp_path):
    body = random_weights("convnext_atto", seed=1)
    torch.save({"model": in_the_papers_names(body)}, tmp_path / "convnext.pth")
    name = named(tmp_path / "convnext.pth", "convnext_atto")
    assert is_body(name, body)
    assert weights.filled(name).note.endswith("of convnext_atto below 'model', renamed by timm")


def in_the_papers_names(body):
    rules = (
        (r"^stem\.(\d)", r"downsample_layers.0.\1"),
        (r"^stages\.(\d)\.blocks\.(\d+)", r"stages.\1.\2"),
        (r"^stages\.(\d)\.downsample\.(\d)", r"downsample_layers.\1.\2"),
        (r"conv_dw", "dwconv"),
        (r"mlp\.fc", "pwconv"),
        (r"^head\.norm", "norm"),
    )
    named = {}
    for name, tensor in body.items():
        for pattern, other in rules:
            name = re.sub(pattern, other, name)
        named[name] = tensor.flatten(1) if "pwconv" in name and tensor.ndim == 4 else tensor
    return named


def test_how_many_tensors_were_filled_is_said_and_which_were_left(tmp_path):
    name = saved(tmp_path, {"state_dict": prefixed("module.", BODY | CLASSIFIER)})
    note = backbones.Backbone(name).weights_note
    assert note.startswith(
        "best.pth fills all 90 tensors of test_resnet below 'state_dict.module'; "
        "left over: fc.weight, fc.bias; records call it test_resnet.checkpoint-"
    )


def refused(name):
    with pytest.raises(UserError) as caught:
        weights.filled(name)
    return str(caught.value)


def less(key):
    return {name: tensor for name, tensor in BODY.items() if name != key}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (less("conv1.0.weight"), "it lacks 1 of the 90 tensors"),
        (BODY | {"layer1.0.bn1.weight": torch.ones(5)}, "has the shape 5, but"),
        (random_weights("test_efficientnet"), "it lacks"),
        (BODY | {"layer1.1.conv1.weight": torch.ones(3)}, "1 tensors that the architecture"),
        ({"a": BODY, "b": OTHER}, "it holds several networks of this architecture, below a., b."),
        ({"epoch": 3}, "none of its 0 tensors belongs to the architecture test_resnet"),
        ([1, 2], "none of its 0 tensors"),
        ({k: v.to(torch.int8) for k, v in BODY.items()}, "hold whole numbers"),
        (BODY | {"conv1.0.weight": BODY["conv1.0.weight"] * torch.nan}, "no finite numbers"),
    ],
)
def test_what_is_not_the_whole_body_is_refused(tmp_path, content, expected):
    assert expected in refused(saved(tmp_path, content))


class Malicious:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("forced", ["0", "1"])
def test_code_in_a_pickled_file_is_not_run(tmp_path, monkeypatch, zipped, forced):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", forced)
    content = {"state_dict": BODY, "callback": Malicious(tmp_path / "pwned")}
    torch.save(content, tmp_path / "bad.pth", _use_new_zipfile_serialization=zipped)
    assert "code in it is never run" in refused(named(tmp_path / "bad.pth"))
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(content))
    assert "code in it is never run" in refused(named(tmp_path / "plain.bin"))
    assert not (tmp_path / "pwned").exists()


def test_a_pickled_network_is_refused_and_its_code_named(tmp_path):
    torch.save(torch.nn.Linear(1, 1), tmp_path / "whole.pth")
    said = refused(named(tmp_path / "whole.pth"))
    assert "(torch.nn.modules.linear.Linear)" in said
    assert "save the tensors alone" in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "is empty"), (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer")],
)
def test_what_is_no_file_of_weights_is_called_what_it_is(tmp_path, content, expected):
    (tmp_path / "w.pth").write_bytes(content)
    assert expected in refused(named(tmp_path / "w.pth"))


def test_a_stem_for_grey_images_becomes_one_for_colours(tmp_path):
    stem = BODY["conv1.0.weight"]
    grey = BODY | {"conv1.0.weight": stem.sum(1, keepdim=True)}
    found = body_of(saved(tmp_path, grey))["conv1.0.weight"]
    assert torch.allclose(found, grey["conv1.0.weight"].expand_as(stem) / 3)


def test_a_stem_for_more_channels_is_refused(tmp_path):
    many = BODY | {"conv1.0.weight": torch.ones(*BODY["conv1.0.weight"].shape[:1], 4, 3, 3)}
    assert "made for images of 4 channels" in refused(saved(tmp_path, many))


def test_the_tensors_give_the_name_in_records_and_no_path_does(tmp_path):
    (tmp_path / "else").mkdir()
    one = saved(tmp_path, {"state_dict": prefixed("module.", BODY)}, "one.pth")
    save_file(BODY | CLASSIFIER, tmp_path / "else" / "two.safetensors")
    two = named(tmp_path / "else" / "two.safetensors")
    other = saved(tmp_path, OTHER, "other.pth")
    assert names.portable_name(one) == names.portable_name(two) != names.portable_name(other)
    digest = backbones.Backbone(one).weights_hash[:8]
    assert names.portable_name(one) == f"test_resnet.checkpoint-{digest}"
    assert backbones.Backbone(one).label == names.portable_name(one)
    assert backbones.Backbone(one).pretrained_on == "own"


def test_the_preprocessing_is_that_of_the_tag(tmp_path):
    torch.save(BODY, tmp_path / "w.pth")
    wanted = backbones.Backbone(named(tmp_path / "w.pth", "test_resnet.r160_in1k")).preprocessing
    assert wanted == backbones.find("test_resnet.r160_in1k").preprocessing


def test_a_network_of_fixed_size_takes_a_file_as_well(tmp_path):
    body = random_weights("test_vit", seed=2)
    torch.save(body, tmp_path / "vit.pth")
    backbone = backbones.find(named(tmp_path / "vit.pth", "test_vit"))
    model = backbone.create(3, pretrained=True, image_size=32)
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3)


def test_copies_of_the_network_do_not_copy_the_file(tmp_path):
    model = backbones.Backbone(saved(tmp_path, BODY)).create(3, pretrained=True)
    assert "state_dict" not in model.pretrained_cfg
