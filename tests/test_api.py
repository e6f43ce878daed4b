import doctest
import os

import sklearn  # noqa: F401  (it sets variables of its own when it is imported)
import torch
import toy

import benchmark
from benchmark import api
from benchmark.records import store


def test_a_program_gets_what_the_command_prints_and_its_state_stays(task, backbone, tmp_path):
    before = torch.get_num_threads(), dict(os.environ)
    folder = tmp_path / "records"
    board = api.run(task, backbone, ("scratch", "probe"), (1, 2), 2, records=folder)
    assert list(board.arms) == ["scratch", "probe"]
    assert (torch.get_num_threads(), dict(os.environ)) == before
    assert api.leaderboard(folder) == [board]


def test_what_the_documentation_shows_is_so():
    assert doctest.testmod(api).failed == 0


def test_tasks_are_loaded_by_name():
    assert api.load_task("digits").name == "digits"


def test_the_names_are_those_of_the_package_itself():
    assert benchmark.run is api.run
    assert {name for name in api.__all__ if getattr(benchmark, name) is getattr(api, name)} == {
        *benchmark.__all__
    }


def test_records_load_as_a_dataset(tmp_path):
    for seed in range(2):
        store.save(tmp_path, toy.record("scratch", 1, seed))
    found = api.as_dataset(tmp_path)
    assert found["seed"] == [0, 1]
    assert found["accuracy"] == [0.5, 0.5]
    assert found[0]["recipe"] == '{"learning_rate": 0.001, "tuning_labels": 100}'
