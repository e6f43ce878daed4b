import numpy as np
from task_fixtures import make_task

from benchmark.tasks import data

DIGITS = {"sklearn": "digits", "test_fraction": 0.4}


def test_digits_have_a_hundred_training_images_of_each_class(tmp_path):
    loaded = data.load(make_task(tmp_path, DIGITS), 32)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (1078, 719)
    assert np.bincount(loaded.train.labels).min() >= 100
    assert loaded.train.images.min() == 0
    assert loaded.train.images.max() == 255
    assert loaded.source == "scikit-learn: digits"
