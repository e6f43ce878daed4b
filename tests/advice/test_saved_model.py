import json

import numpy as np
import pytest
import torch
import toy
from PIL import Image

from benchmark.advice import saved_model
from benchmark.advice.advise import Advised
from benchmark.advice.content import Advice, Caveats, Cost, Now
from benchmark.errors import UserError
from benchmark.training import backbones, fit, loop


def advised(task, backbone, arm):
    now = Now(4, arm, 0.5, None, None, 1, 0.1, None) if arm else None
    advice = Advice(
        "toy", "net", "a toy", 16, 24, 15, 0.01, now, (), None, None, False, None, Cost(1, 1.0),
        Caveats(15, None, 0, ()),
    )  # fmt: skip
    return Advised(advice, None, task, backbone, None)


@pytest.fixture
def saved(task, backbone, tmp_path):
    saved_model.save(advised(task, backbone, "probe"), tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("arm", ["finetune", "probe"])
def test_timm_loads_it_and_predicts_the_same_from_files(arm, task, backbone, dataset, tmp_path):
    import timm  # not before the suite has declared what torchvision lacks
    from timm.data import create_transform, resolve_data_config

    saved_model.save(advised(task, backbone, arm), tmp_path / "model")
    model = timm.create_model(f"local-dir:{tmp_path / 'model'}", pretrained=True).eval()
    transform = create_transform(**resolve_data_config({}, model=model))
    files = sorted((task.folder / "toy/test").glob("*/*.png"))
    batch = torch.stack([transform(Image.open(file).convert("RGB")) for file in files])
    own, whole = backbones.find(backbone), saved_model.whole(dataset)
    network = saved_model.trained(task, own, arm, whole, toy.SIZE)
    with torch.inference_mode():
        expected = loop.predict(network, fit.pixels(dataset.test.images, own, "cpu"))
        assert torch.allclose(model(batch), expected, atol=1e-4)


def test_class_names_and_preprocessing_are_in_the_config(saved, dataset):
    config = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    assert config["label_names"] == list(dataset.class_names)
    cfg = config["pretrained_cfg"]
    assert (cfg["input_size"], cfg["crop_mode"]) == ([3, 16, 16], "squash")
    assert np.allclose(cfg["mean"], [0.4, 0.5, 0.6])


def test_a_model_that_was_saved_before_is_replaced_and_no_other(saved, tmp_path):
    saved_model.check(saved)
    other = toy.write_backbone(tmp_path / "other", weights=toy.random_weights())
    for folder, used in ((tmp_path / "other", None), (saved, f"local-dir:{saved}")):
        with pytest.raises(UserError, match="other things"):
            saved_model.check(folder, used)
    saved_model.check(tmp_path / "new", other)


def test_a_folder_of_other_things_is_refused_before_any_training(tmp_path):
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UserError, match="other things"):
        saved_model.check(tmp_path)
    saved_model.check(tmp_path / "new")


def test_without_advice_there_is_no_model(task, backbone, tmp_path):
    with pytest.raises(UserError, match="no arm is advised"):
        saved_model.save(advised(task, backbone, None), tmp_path / "model")
