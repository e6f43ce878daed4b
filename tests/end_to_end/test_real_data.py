"""Loads the nine real tasks from their mirrors; needs BENCHMARK_DATA."""

import os
import time

import numpy as np
import pytest
from toy import CHECKOUT

from benchmark.checks.validate import validate
from benchmark.tasks import data
from benchmark.tasks.load import load_task

FOLDER = CHECKOUT / "tasks"
EXPECTED = {
    "arabic_letters": (28, 13440, 3360),
    "cifar10": (10, 5000, 2000),
    "clothing": (10, 2270, 372),
    "dtd10": (10, 840, 360),
    "eurosat": (10, 4000, 1500),
    "flowers": (5, 1400, 600),
    "pneumoniamnist": (2, 1000, 400),
    "sign_digits": (10, 1442, 620),
    "trashnet": (6, 1765, 756),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.skipif(not os.environ.get("BENCHMARK_DATA"), reason="BENCHMARK_DATA is not set"),
]


@pytest.fixture(scope="module", autouse=True)
def cache_folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize("name", EXPECTED)
def test_the_mirror_loads_whole_and_the_second_time_at_once(name):
    task = load_task(name, FOLDER)
    loaded = data.load(task, task.image_size)
    assert loaded.source == f"mirror: {name} parquet"
    sizes = (len(loaded.class_names), len(loaded.train.labels), len(loaded.test.labels))
    assert sizes == EXPECTED[name]
    assert loaded.train.images.shape == (sizes[1], 3, task.image_size, task.image_size)
    assert loaded.test_in_train == ()
    start = time.monotonic()
    assert data.load(task, task.image_size).hash == loaded.hash
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("name", EXPECTED)
def test_the_largest_n_is_what_the_smallest_class_allows(name):
    task = load_task(name, FOLDER)
    smallest = np.bincount(data.load(task, task.image_size).train.labels).min()
    assert task.images_per_class[-1] == smallest


def test_mirrors_are_valid_tasks():
    report = validate(["digits", "dtd10", "pneumoniamnist", "sign_digits"], FOLDER)
    assert not report.failed, str(report)
    assert [task.counts.duplicates.test_in_train for task in report.tasks] == [0] * 4
