import dataclasses
import re

import numpy as np
import pytest
import torch
import toy
from toy import CLASSES, recipe, write_backbone

from benchmark.errors import UserError
from benchmark.harness import job as trial
from benchmark.harness import plan
from benchmark.harness.job import Job
from benchmark.harness.plan import Selection
from benchmark.records.fingerprint import PROTOCOL, Ingredients
from benchmark.records.recipe import ProbeRecipe
from benchmark.records.record import Trial
from benchmark.tasks import subsets
from benchmark.training import backbones
from benchmark.training import loop as training

RECIPE = recipe(4, learning_rate=1e-3)


@pytest.fixture
def job(task, backbone, dataset):
    network = backbones.find(backbone)
    made_of = Ingredients(toy.SIZE, dataset.hash, network.weights_hash, network.design)
    return Job(Trial("toy", "net", "finetune", 2, 0), backbone, task, RECIPE, made_of, "subset")


def changed(job, recipe=None, **trial):
    moved = dataclasses.replace(job, trial=dataclasses.replace(job.trial, **trial))
    return dataclasses.replace(moved, recipe=recipe or job.recipe)


@pytest.mark.parametrize(
    ("arm", "recipe"), [("scratch", RECIPE), ("finetune", RECIPE), ("probe", ProbeRecipe())]
)
def test_the_predictions_of_every_test_image_are_recorded(job, dataset, arm, recipe):
    record = trial.run(changed(job, recipe, arm=arm))
    labels = dataset.test.labels
    assert record.status == "ok"
    assert len(record.predictions) == len(labels) == len(CLASSES) * 5
    right = np.array(record.predictions) == labels
    assert record.correct == "".join("01"[int(r)] for r in right)
    assert record.accuracy == record.correct.count("1") / len(labels)


def test_the_same_job_gives_the_same_predictions_and_losses(job):
    one, other = trial.run(job), trial.run(job)
    assert one.predictions == other.predictions
    assert one.training.losses == other.training.losses


def test_a_record_says_what_was_done(job, dataset):
    record = trial.run(job)
    assert record.trial == Trial("toy", "net", "finetune", 2, 0)
    assert record.data.hash == dataset.hash
    assert (record.data.classes, record.data.test_images, record.data.train_images) == (3, 15, 24)
    assert record.data.image_size == toy.SIZE
    assert record.weights_hash == job.made_of.weights_hash
    assert record.backbone_label == "a toy"
    assert record.protocol == PROTOCOL
    assert (record.recipe["views"], record.training.steps, len(record.training.losses)) == (
        32,
        4,
        1,
    )
    assert {"torch", "timm", "python"} <= set(record.versions)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record.finished)


def test_a_record_holds_no_path(job, task, tmp_path):
    assert str(task.folder) not in str(trial.run(job))
    assert job.backbone not in str(trial.run(job))


def test_a_record_names_the_very_subset(job, dataset):
    chosen = subsets.subset(dataset.train.labels, 2, 0)
    assert trial.run(job).subset_hash == subsets.subset_hash(chosen)


@pytest.fixture
def own(tmp_path, fresh_cache):
    """A job on images that the test may change, and the image that it changes."""
    task = toy.write_task(tmp_path)
    name = write_backbone(tmp_path / "net")
    (planned,) = plan.prepare(Selection((task,), (name,), ("scratch",), (1,), seeds=1)).jobs
    return planned, tmp_path / "toy" / "train" / "left" / "000.png"


def test_images_that_changed_since_the_plan_are_an_error_and_once_restored_the_trial_runs(own):
    job, image = own
    before = image.read_bytes()
    toy.Image.fromarray(toy.picture(0, 77)).save(image)
    with pytest.raises(UserError, match="the images of task 'toy' have changed") as caught:
        trial.run(job)
    assert "toy.yaml" in caught.value.where
    image.write_bytes(before)
    assert trial.run(job).data.hash == job.made_of.data_hash


def test_weights_that_changed_since_the_plan_are_an_error(job):
    other = dataclasses.replace(job.made_of, weights_hash="0" * 64)
    with pytest.raises(UserError, match="has changed since the run began"):
        trial.run(dataclasses.replace(job, made_of=other))


def test_a_configuration_that_changed_since_the_plan_is_an_error(job):
    other = dataclasses.replace(job.made_of, weights_hash=None, design={"mean": 0})
    with pytest.raises(UserError, match="has changed since the run began"):
        trial.run(dataclasses.replace(job, made_of=other))


def test_all_arms_see_the_same_subset(job):
    scratch, probe = changed(job, arm="scratch"), changed(job, ProbeRecipe(), arm="probe")
    assert trial.run(scratch).subset_hash == trial.run(probe).subset_hash


def test_a_training_that_diverges_is_a_record_with_its_reason(job, monkeypatch):
    network = backbones.find(job.backbone)
    spoilt = dataclasses.replace(network.preprocessing, mean=(np.nan,) * 3)
    monkeypatch.setitem(vars(network), "preprocessing", spoilt)
    record = trial.run(job)
    assert (record.status, record.accuracy) == ("failed", None)
    assert "not finite by step" in record.reason
    assert (record.predictions, record.correct) == ((), "")


@pytest.mark.usefixtures("fresh_cache")
@pytest.mark.parametrize("spoilt", [np.nan, np.inf, 1e30])
def test_features_that_are_no_numbers_are_a_failure_with_its_reason(job, monkeypatch, spoilt):
    def outputs(model, pixels):
        return torch.full((len(pixels.images), 4), spoilt)

    monkeypatch.setattr("benchmark.training.features.predict", outputs)
    record = trial.run(changed(job, ProbeRecipe(), arm="probe"))
    assert record.status == "failed"
    assert "features are not finite" in record.reason
    assert "39 of 39 images" in record.reason


def test_a_network_that_breaks_in_its_last_step_has_failed_too(job):
    record = trial.run(changed(job, recipe(1, learning_rate=1e38, warmup=0, optimiser="adamw")))
    assert record.status == "failed"


def test_the_test_split_is_looked_at_once_and_after_training(job, monkeypatch):
    order = []

    def watched(original):
        def noted(*args, **kwargs):
            order.append(original.__name__)
            return original(*args, **kwargs)

        return noted

    monkeypatch.setattr(training.Run, "until", watched(training.Run.until))
    monkeypatch.setattr("benchmark.training.fit.predict", watched(training.predict))
    trial.run(job)
    assert order == ["until", "predict"]


def test_the_fingerprint_does_not_depend_on_n_and_seed(job):
    assert changed(job, images_per_class=4, seed=3).fingerprint == job.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": dataclasses.replace(RECIPE, weight_decay=0.1)},
        {"recipe": ProbeRecipe()},
        {"data_hash": "other"},
        {"weights_hash": None},
        {"image_size": 32},
    ],
)
def test_the_fingerprint_changes_with_recipe_data_weights_and_size(job, change):
    if "recipe" not in change:
        change = {"made_of": dataclasses.replace(job.made_of, **change)}
    assert dataclasses.replace(job, **change).fingerprint != job.fingerprint


@pytest.mark.parametrize("change", [{"architecture": "test_efficientnet"}, {"mean": [0, 0, 0]}])
def test_the_fingerprint_of_a_random_start_changes_with_the_network(job, tmp_path, change):
    here = write_backbone(tmp_path / "here" / "net")
    there = write_backbone(tmp_path / "there" / "net", **change)
    one, other = (
        dataclasses.replace(job.made_of, weights_hash=None, design=backbones.find(name).design)
        for name in (here, there)
    )
    one, other = (dataclasses.replace(job, made_of=made_of) for made_of in (one, other))
    assert one.fingerprint != other.fingerprint


@pytest.mark.usefixtures("fresh_cache")
@pytest.mark.parametrize("arm", ["scratch", "finetune"])
def test_an_audit_goes_on_from_the_trunk_of_its_trial(job, arm, monkeypatch):
    planned = dataclasses.replace(changed(job, recipe(10), arm=arm), trunk="left")
    trial.run(planned)
    again = planned.varied("steps-x2")
    whole = trial.run(dataclasses.replace(again, trunk=None))
    taken, step = [], training.Run._one_step
    monkeypatch.setattr(training.Run, "_one_step", lambda run: (taken.append(1), step(run))[1])
    record = trial.run(again)
    assert len(taken) == 20 - 7
    assert record.predictions == whole.predictions
    assert record.training.losses == whole.training.losses
    assert (record.training.steps, record.fingerprint) == (20, whole.fingerprint)


def key(job):
    return dataclasses.replace(job, trunk="left").stored_trunk.key


def test_budget_and_floor_do_not_decide_where_a_trunk_lies(job):
    assert key(job) == key(job.varied("steps-x2")) == key(job.varied("full-budget"))


@pytest.mark.parametrize("change", [{"seed": 1}, {"images_per_class": 4}, {"arm": "scratch"}])
def test_each_trial_has_a_trunk_of_its_own(job, change):
    assert key(changed(job, **change)) != key(job)


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": dataclasses.replace(RECIPE, weight_decay=0.1)},
        {"subset_hash": "other"},
        {"device": "cuda"},
    ],
)
def test_what_decides_a_training_decides_where_its_trunk_lies(job, change, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert key(dataclasses.replace(job, **change)) != key(job)


@pytest.mark.parametrize("part", ["data_hash", "weights_hash"])
def test_other_data_or_weights_have_other_trunks(job, part):
    other = dataclasses.replace(job.made_of, **{part: "other"})
    assert key(dataclasses.replace(job, made_of=other)) != key(job)


def test_another_version_of_torch_or_machine_trains_from_the_start(job, monkeypatch):
    before = key(job)
    with monkeypatch.context() as patch:
        patch.setattr(trial, "_versions", lambda: {"torch": "another"})
        assert key(job) != before
    monkeypatch.setattr(trial.hardware, "processor", lambda: "another processor")
    assert key(job) != before


def test_a_probe_and_a_job_that_nobody_planned_have_no_trunk(job):
    assert job.stored_trunk is None
    probe = dataclasses.replace(changed(job, ProbeRecipe(), arm="probe"), trunk="left")
    assert probe.stored_trunk is None
