"""Tasks from several folders, as an installed package has them."""

import pytest
from task_fixtures import FOLDER, write_task

from benchmark.errors import UserError
from benchmark.tasks import load


@pytest.fixture
def places(tmp_path, monkeypatch):
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    monkeypatch.setattr(load, "task_folders", lambda: (own, shipped))
    shipped.mkdir()
    write_task(shipped, FOLDER, "digits", title="Shipped")
    return own, shipped


def test_without_a_folder_of_ones_own_the_shipped_tasks_are_there(places):
    assert load.task_names() == ["digits"]


def test_of_two_tasks_with_one_name_ones_own_counts(places):
    own, shipped = places
    own.mkdir()
    write_task(shipped, FOLDER, "flowers")
    write_task(own, FOLDER, "digits", title="Mine")
    write_task(own, FOLDER, "another")
    assert load.task_names() == ["another", "digits", "flowers"]
    assert load.load_task("digits").title == "Mine"
    assert load.load_task("flowers").folder == shipped


def test_a_new_task_belongs_into_ones_own_folder(places):
    own, _ = places
    with pytest.raises(UserError, match="the tasks here are: digits") as caught:
        load.load_task("mine")
    assert f"a new one is a new .yaml file in {own}" in str(caught.value)


def test_no_folder_at_all_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "task_folders", lambda: (tmp_path / "own", tmp_path / "shipped"))
    with pytest.raises(UserError, match="this folder of tasks does not exist"):
        load.task_names()
