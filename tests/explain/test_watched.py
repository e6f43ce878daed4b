import dataclasses

import numpy as np

from benchmark.explain.watched import images_of
from benchmark.tasks import data
from benchmark.training import backbones
from benchmark.training.work import Work


def test_test_images_that_are_training_images_are_not_looked_at(task, backbone):
    loaded = data.load(task, task.image_size)
    leaked = dataclasses.replace(loaded, test_in_train=(0, 2))
    work = Work(backbones.find(backbone), leaked, np.arange(3), 0, None)
    _, test = images_of(work)
    expected = np.delete(loaded.test.images, [0, 2], axis=0)
    assert (test.pixels.images.numpy() == expected).all()
    assert test.labels.tolist() == np.delete(loaded.test.labels, [0, 2]).tolist()
