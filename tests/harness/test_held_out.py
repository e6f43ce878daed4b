import dataclasses

import numpy as np
import pytest
from toy import CLASSES, recipe

from benchmark import arms
from benchmark.harness import held_out
from benchmark.tasks import data
from benchmark.training import backbones


@pytest.mark.parametrize(("held", "sizes"), [(2, [2, 6]), (3, [2]), (8, [])])
def test_sizes_are_those_that_every_class_fills_beside_the_held_out_images(task, held, sizes):
    assert held_out.sizes(task, (2, 6, 7), held) == sizes


@pytest.mark.parametrize(("most", "count"), [(2, 2), (4, 4), (150, 4)])
def test_at_most_half_of_the_smallest_class_is_held_out(task, most, count):
    assert held_out.count(task, most) == count


def test_an_arm_gets_held_out_training_images_in_the_place_of_the_test(task, backbone, dataset):
    work = held_out.work(backbones.find(backbone), task, recipe(), 2, 4, seed=1000)
    fit = {image.tobytes() for image in dataset.train.images[work.subset]}
    held = {image.tobytes() for image in work.dataset.test.images}
    pool = {image.tobytes() for image in dataset.train.images}
    assert (len(fit), len(held), fit & held) == (4 * 3, 2 * 3, set())
    assert fit | held <= pool
    assert np.bincount(work.dataset.test.labels).tolist() == [2] * len(CLASSES)
    assert work.seed == 1000


def test_what_is_held_out_may_not_even_be_looked_at_without_labels(task, backbone, dataset):
    work = held_out.work(backbones.find(backbone), task, recipe(), 2, 4, seed=1000)
    looked_at = {image.tobytes() for image in dataset.train.images[work.unlabelled]}
    held = {image.tobytes() for image in work.dataset.test.images}
    assert (len(looked_at), looked_at & held) == (24 - 6, set())
    assert set(work.subset) <= set(work.unlabelled)


def made_with(backbone, task, arm="scratch", **changed):
    return held_out.made_with(backbones.find(backbone), arms.arm(arm), task, recipe(**changed))


def test_measurements_with_another_recipe_or_size_are_others(task, backbone):
    smaller = task.model_copy(update={"image_size": 8})
    found = {
        made_with(backbone, task),
        made_with(backbone, task, learning_rate=0.02),
        made_with(backbone, smaller),
    }
    assert len(found) == 3


def test_measurements_on_other_images_are_others(task, backbone, dataset, monkeypatch):
    before = made_with(backbone, task)
    others = dataclasses.replace(dataset, hash="other" * 12)
    monkeypatch.setattr(data, "load", lambda *a, **k: others)
    assert made_with(backbone, task) != before


def test_measurements_name_the_weights_of_an_arm_that_reads_them(task, backbone):
    weights = backbones.find(backbone).weights_hash
    assert made_with(backbone, task)[0] == ""
    assert weights.startswith(made_with(backbone, task, "finetune")[0])
