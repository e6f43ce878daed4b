import base64
import dataclasses
import io

import made_boards
import numpy as np
import pytest
import toy
from PIL import Image

from benchmark.errors import UserError
from benchmark.pages.site import samples
from benchmark.records.record import DataFacts
from benchmark.tasks import data


@pytest.fixture
def facts(dataset):
    return dataclasses.replace(toy.FACTS, hash=dataset.hash)


def pixels(sample):
    kind, _, content = sample.address.partition(";base64,")
    assert kind == "data:image/webp"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


def test_there_is_one_training_image_of_each_class(task, facts, dataset):
    found = samples.samples(task, facts)
    assert [one.class_name for one in found] == list(dataset.class_names) == list(toy.CLASSES)
    first = dataset.train.images[0].transpose(1, 2, 0).astype(float)
    assert pixels(found[0]).shape == first.shape
    assert abs(pixels(found[0]).mean() - first.mean()) < 10


def test_of_many_classes_some_are_shown_from_the_first_to_the_last():
    labels = np.arange(100).repeat(2)
    split = data.Split(np.zeros((200, 3, 80, 80), np.uint8), labels)
    names = tuple(map(str, range(100)))
    found = samples._of_classes(data.Dataset(split, split, names, "", "", ()))
    assert len(found) == samples.MOST
    assert (found[0].class_name, found[-1].class_name) == ("0", "99")
    assert pixels(found[0]).shape == (64, 64, 3)


def test_images_that_the_records_do_not_rest_on_are_not_shown(task, facts):
    assert samples.samples(task, dataclasses.replace(facts, hash="another")) == []


def test_nothing_is_downloaded_for_a_page(task, facts, monkeypatch):
    def read(folder):
        raise AssertionError("asked for images")

    near = samples.sources.find(task)
    remote = dataclasses.replace(near, remote=True, read=read)
    monkeypatch.setattr(samples.sources, "find", lambda task: remote)
    assert samples.samples(task, facts) == []


def test_data_that_are_missing_or_faulty_are_no_obstacle(task, facts, monkeypatch):
    def missing(task, size):
        raise UserError("a file is missing")

    monkeypatch.setattr(samples.data, "load", missing)
    assert samples.samples(task, facts) == []


def test_only_known_tasks_are_looked_for(task, dataset):
    board = made_boards.board("unknown")
    known = dataclasses.replace(made_boards.board("toy"), data=_facts(dataset))
    assert list(samples.of_boards([board, known], {"toy": task})) == ["toy"]
    assert samples.of_boards([known], {"toy": task})["toy"]


def _facts(dataset) -> DataFacts:
    return dataclasses.replace(toy.FACTS, hash=dataset.hash)
