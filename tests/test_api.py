import os

import sklearn  # noqa: F401  (it sets variables of its own when it is imported)
import torch

from benchmark import api


def test_a_program_gets_what_the_command_prints_and_its_state_stays(task, backbone, tmp_path):
    before = torch.get_num_threads(), dict(os.environ)
    folder = tmp_path / "records"
    board = api.run(task, backbone, ("scratch", "probe"), (1, 2), 2, records=folder)
    assert list(board.arms) == ["scratch", "probe"]
    assert (torch.get_num_threads(), dict(os.environ)) == before
    assert api.leaderboard(folder) == [board]


def test_tasks_are_loaded_by_name():
    assert api.load_task("digits").name == "digits"
