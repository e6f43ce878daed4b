from __future__ import annotations

import json

import pytest

from benchmark.checks.performance import timm_script
from benchmark.errors import UserError
from benchmark.harness import plan
from benchmark.harness.plan import Selection

SAYS = """
import argparse, json, pathlib, yaml
from torchvision import transforms
parser = argparse.ArgumentParser()
parser.add_argument("--config")
settings = yaml.safe_load(open(parser.parse_args().config))
root = pathlib.Path(settings["data_dir"])
counts = {name: len(list((root / name).glob("*/*.png"))) for name in ("train", "validation")}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(counts | settings))
out = pathlib.Path(settings["output"]) / settings["experiment"]
out.mkdir(parents=True)
(out / "summary.csv").write_text("epoch,eval_top1\\n0,90.0\\n1,75.0\\n")
"""


@pytest.fixture
def job(task, backbone):
    selection = Selection((task,), (backbone,), ("finetune",), (2,), 1)
    (job,) = plan.prepare(selection).jobs
    return job


def script(tmp_path, text):
    file = tmp_path / "train.py"
    file.write_text(text, encoding="utf-8")
    return file


def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def test_the_accuracy_is_that_after_the_last_step_not_the_best_one(tmp_path, job):
    trained = timm_script.train(script(tmp_path, SAYS), job, images(tmp_path))
    assert trained.accuracy == 0.75
    assert trained.seconds > 0


def test_the_script_gets_the_jobs_images_steps_and_settings(tmp_path, job):
    timm_script.train(script(tmp_path, SAYS), job, images(tmp_path))
    told = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    recipe = job.recipe
    steps = told["train"] // recipe.batch_size * told["epochs"]
    assert recipe.steps <= steps < recipe.steps + told["epochs"]
    assert (told["lr"], told["opt"]) == (recipe.learning_rate, recipe.optimiser)
    assert told["pretrained"]
    assert told["input_size"] == [3, job.image_size, job.image_size]


def test_an_image_that_is_seen_again_is_written_once(tmp_path, job):
    folder = images(tmp_path)
    timm_script.train(script(tmp_path, SAYS), job, folder)
    files = list((folder / "train").glob("*/*.png"))
    classes = list((folder / "train").iterdir())
    assert len({file.stat().st_ino for file in files}) == 2 * len(classes) < len(files)


def test_a_script_that_fails_is_told_in_one_sentence(tmp_path, job):
    broken = script(tmp_path, "raise SystemExit('no such option')")
    with pytest.raises(UserError, match="no such option"):
        timm_script.train(broken, job, images(tmp_path))


@pytest.mark.parametrize("text", ["", SAYS.replace("eval_top1", "top1")])
def test_a_script_that_tells_no_accuracy_has_failed(tmp_path, job, text):
    with pytest.raises(UserError, match="it wrote no summary"):
        timm_script.train(script(tmp_path, text), job, images(tmp_path))
