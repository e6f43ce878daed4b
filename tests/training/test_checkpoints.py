import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from benchmark.errors import UserError
from benchmark.training import checkpoints

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
XET = b"# xet version 0\nfilesize = 1\nhash = '0'\n"
WHOLE = save({"a": torch.ones(4), "b": torch.zeros(2, 2)})


def refused(folder, content, file="model.safetensors"):
    (folder / file).write_bytes(content)
    with pytest.raises(UserError) as caught:
        checkpoints.weights_file(folder)
    assert caught.value.where == str(folder / file)
    return str(caught.value)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin", "any.pth"])
@pytest.mark.parametrize("pointer", [POINTER, XET])
def test_a_pointer_in_place_of_weights_is_called_one(tmp_path, file, pointer):
    said = refused(tmp_path, pointer, file)
    assert "Git LFS pointer" in said
    assert "git lfs pull" in said


def test_a_pointer_in_place_of_a_configuration_is_called_one(tmp_path):
    (tmp_path / "config.json").write_bytes(POINTER)
    with pytest.raises(UserError, match="Git LFS pointer"):
        checkpoints.configuration(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"  <!DOCTYPE html><html>", "a web page"),
        (b"<html lang=en>", "a web page"),
        (b"<?xml version='1.0'?><Error>", "a web page"),
        (pickle.dumps({"a": 1}), "a pickled checkpoint"),
        (b"PK\x03\x04" + bytes(100), "a pickled checkpoint"),
        (b"no weights at all", "not a file of safetensors"),
        (bytes(300), "not a file of safetensors"),
        (b"\xff" * 300, "not a file of safetensors"),
        (WHOLE[:30], "cut off: of at least"),
        (WHOLE[:-1], f"cut off at {len(WHOLE) - 1} bytes"),
        (WHOLE + b"more", "damaged or cut off"),
    ],
)
def test_what_is_no_file_of_weights_is_called_what_it_is(tmp_path, content, expected):
    assert expected in refused(tmp_path, content)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_one_message(tmp_path, make):
    make(tmp_path / "model.safetensors")
    with pytest.raises(UserError, match="this is no file"):
        checkpoints.weights_file(tmp_path)


def test_a_link_to_nowhere_is_no_weights(tmp_path):
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match="this is no file"):
        checkpoints.weights_file(tmp_path)


def test_a_configuration_of_many_megabytes_is_not_parsed(tmp_path):
    (tmp_path / "config.json").write_text("[" + "1," * 6_000_000)
    with pytest.raises(UserError, match="far too large"):
        checkpoints.configuration(tmp_path)


def test_weights_in_several_files_are_refused(tmp_path):
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(WHOLE)
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(UserError, match="split over several files"):
        checkpoints.weights_file(tmp_path)


def test_of_several_files_the_one_is_looked_at_that_timm_takes(tmp_path):
    for name in ("zz.bin", "aa.pth", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(b"x")
    assert checkpoints.weights_file(tmp_path).name == "pytorch_model.bin"
    (tmp_path / "model.safetensors").write_bytes(WHOLE)
    assert checkpoints.weights_file(tmp_path).name == "model.safetensors"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("{\n,}", ":2: this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("7", "not a JSON object"),
        ('{"architectures": ["ResNetModel"]}', "transformers, not of timm"),
        ('{"model_cfg": {}}', "no key architecture"),
        ('{"architecture": ["resnet18"]}', "no key architecture"),
        ('{"architecture": "resnet18", "pretrained_cfg": 1}', "pretrained_cfg is not"),
        ('{"architecture": "resnet18", "model_args": []}', "model_args is not"),
    ],
)
def test_a_configuration_of_another_kind_is_one_message(tmp_path, content, expected):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=expected):
        checkpoints.configuration(tmp_path)


def test_bytes_that_are_no_text_are_no_configuration(tmp_path):
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(UserError, match="this is not JSON"):
        checkpoints.configuration(tmp_path)


def test_a_configuration_is_what_the_file_says(tmp_path):
    content = {"architecture": "resnet18", "num_classes": 3}
    (tmp_path / "config.json").write_text(json.dumps(content))
    assert checkpoints.configuration(tmp_path) == content
