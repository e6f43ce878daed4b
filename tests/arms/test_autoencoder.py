import dataclasses

import numpy as np
import pytest

from benchmark.arms import arm
from benchmark.training import loop, reconstruct

BOTH = ("autoencoder", "autoencoder_all")


@pytest.fixture
def seen(monkeypatch, short):
    """The images, one text each, that an arm sees without labels."""

    def see(name, **changed):
        found = []
        kept = reconstruct.pretrain

        def watched(model, pixels, recipe, seed):
            found.extend(image.numpy().tobytes() for image in pixels.images.contiguous())
            return kept(model, pixels, recipe, seed)

        monkeypatch.setattr(reconstruct, "pretrain", watched)
        arm(name).fit(dataclasses.replace(short(name, n=2, steps=2), **changed))
        return found

    return see


def texts(images):
    return {np.ascontiguousarray(image).tobytes() for image in images}


def test_the_images_of_the_subset_alone_are_compressed(seen, work, dataset):
    wanted = texts(dataset.train.images[work("autoencoder", n=2).subset])
    found = seen("autoencoder")
    assert (len(found), set(found)) == (6, wanted)


def test_or_all_training_images_of_the_task_and_no_test_image(seen, dataset):
    found = seen("autoencoder_all")
    assert (len(found), set(found)) == (24, texts(dataset.train.images))
    assert not set(found) & texts(dataset.test.images)


def test_images_that_stand_in_for_test_images_are_not_compressed(seen, dataset):
    withheld = np.array([0, 9])
    found = seen("autoencoder_all", withheld=withheld)
    assert len(found) == 22
    assert not set(found) & texts(dataset.train.images[withheld])


class Unreadable:
    def __getattr__(self, name):
        raise AssertionError("a label was read")

    __getitem__ = __len__ = __array__ = __iter__ = __getattr__


@pytest.mark.parametrize("name", BOTH)
def test_no_label_is_read_before_the_training_on_labels(short, name):
    asked = short(name, n=2, steps=2)
    blind = dataclasses.replace(asked.dataset.train, labels=Unreadable())
    hidden = dataclasses.replace(asked.dataset, train=blind, test=Unreadable())
    model = asked.backbone.create(3, pretrained=False, image_size=asked.image_size)
    reconstruct.compress(model, dataclasses.replace(asked, dataset=hidden))


@pytest.mark.parametrize("name", BOTH)
def test_what_is_trained_on_labels_then_is_the_compressing_network(trained, name, monkeypatch):
    from_random = trained("scratch", steps=10)["outcome"].training.losses
    assert trained(name, steps=10)["outcome"].training.losses != from_random


def test_the_seconds_of_the_pre_training_count(trained, monkeypatch):
    ticks = iter(range(0, 1000, 100))
    monkeypatch.setattr("benchmark.training.fit.time.perf_counter", lambda: next(ticks))
    monkeypatch.setattr(reconstruct, "pretrain", lambda *given: None)
    monkeypatch.setattr(loop.Run, "until", lambda run, step: None)
    monkeypatch.setattr(loop.Run, "training", property(lambda run: run.seconds))
    assert trained("autoencoder", steps=1)["outcome"].training == 100


@pytest.mark.parametrize("name", BOTH)
def test_it_knows_one_budget_only(short, name):
    asked = dataclasses.replace(short(name, steps=2), other_budgets=(8, 32))
    assert arm(name).fit(asked).at_other_budgets == {}
