"""A data set by its id on the hub, through the library datasets, against a hub on this machine."""

from __future__ import annotations

import pytest
from hub_child import child
from loopback_hub import loopback_hub
from table_fixtures import rows, write_parquet
from task_fixtures import write_task

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def served(folder):
    with loopback_hub() as running:
        yield running


@pytest.fixture(scope="module")
def online(served, folder):
    with child(served.address, folder / "home") as running:
        yield running


@pytest.fixture
def named(served, folder, request):
    """A data set of its own for each test, and a task that asks for one of its commits."""
    name = request.node.name.partition("[")[0]
    for count, revision in ((6, "main"), (8, "older")):
        place = folder / name / revision / "data"
        place.mkdir(parents=True)
        first = len(name) * 100
        labels = [0, 1] * (count // 2)
        write_parquet(place / "train-00000-of-00001.parquet", rows(count, first), labels)
        write_parquet(place / "test-00000-of-00001.parquet", rows(2, first + 50), [0, 1])
        served.holds(f"datasets/toy/{name}", place.parent, revision)

    def task(revision="main", asked=f"toy/{name}"):
        commit = served.commit(f"datasets/toy/{name}", revision) or revision
        data = {"load_dataset": {"path": asked, "revision": commit}}
        write_task(folder, data, f"t-{revision[:8]}")
        return f"t-{revision[:8]}", folder

    return task


def test_what_was_read_once_needs_no_hub(served, online, folder, named):
    task = named()
    first = online.images(*task, size=8)
    assert first["images"] == 6
    downloads = served.downloads(".parquet")
    assert online.images(*task, size=16)["hash"] == first["hash"]
    assert served.downloads(".parquet") == downloads == 2
    asked = len(served.asked)
    with child(served.address, folder / "home", HF_HUB_OFFLINE="1") as offline:
        assert offline.images(*task, size=8)["hash"] == first["hash"]
        said = offline.images(*task, size=32)["error"]
    assert "cannot be reached: HF_HUB_OFFLINE is set" in said
    assert len(served.asked) == asked


def test_another_commit_is_other_data(online, named):
    assert online.images(*named("older"), size=8)["images"] == 8
    assert online.images(*named("main"), size=8)["images"] == 6


def test_an_unknown_data_set_is_said(online, named):
    said = online.images(*named(asked="toy/none"), size=8)["error"]
    assert "'toy/none' doesn't exist on the Hub or cannot be accessed" in said


def test_an_unknown_commit_is_said(online, named):
    assert (
        f"fails: it has no commit {'f' * 40}\n" in online.images(*named("f" * 40), size=8)["error"]
    )


def test_a_download_that_breaks_off_goes_on(served, online, named, monkeypatch):
    monkeypatch.setattr(served, "sends_at_most", 1_500)
    monkeypatch.setattr(served, "breaks_left", 1)
    assert online.images(*named(), size=8)["images"] == 6
    assert served.breaks_left == 0


def test_a_damaged_file_is_refused(served, online, named, monkeypatch):
    with monkeypatch.context() as bad:
        bad.setattr(served, "spoilt", b"x" * 100)
        said = online.images(*named(), size=8)["error"]
    assert "-00000-of-00001.parquet of toy/" in said
    assert "was damaged on its way from the hub" in said
    assert "delete this file; it is then downloaded again" in said


def test_a_hub_that_is_silent_is_given_up_within_ten_seconds(served, online, named, monkeypatch):
    task = named()
    monkeypatch.setattr(served, "silent", True)
    answer = online.images(*task, size=8)
    assert "cannot be reached: it does not answer" in answer["error"]
    assert answer["seconds"] < 10
