from __future__ import annotations

import os

# Two-threaded torch beside other processes is many times slower; tests run in parallel.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import toy


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """No test reads or writes the checkout's ``.cache``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def fresh_cache(monkeypatch, tmp_path):
    """A cache that no other test has filled."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "fresh-cache"))


@pytest.fixture(scope="session")
def task(tmp_path_factory):
    return toy.write_task(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    return toy.write_backbone(tmp_path_factory.mktemp("backbones") / "net")


@pytest.fixture(scope="session")
def dataset(task):
    from benchmark.tasks import data

    return data.load(task, toy.SIZE)
