from functools import partial

import calling
import pytest
from people import image, images, proposal

from benchmark.advice import new_task as advice
from benchmark.cli.new_task_text import told
from benchmark.harness.estimate import Estimate

called = partial(calling.called, "task")


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path / "tasks"))
    monkeypatch.setattr(advice, "LISTS", tmp_path / "lists")
    monkeypatch.setattr(advice, "cost", lambda name, jobs: Estimate(30, 10**6, 60, 60, 0, 0))
    return tmp_path / "tasks"


def test_the_command_says_what_it_found_wrote_and_what_comes_next(tasks, tmp_path, capsys):
    root = images(tmp_path / "b", robin=10, wren=12)
    assert called(root, "--name", "birds") == 0
    said = capsys.readouterr().out
    expected = (
        "22 images in 2 classes",
        "robin      10      7     3",
        "suggested:",
        "written: ",
        "validated: no faults",
        "next: make bench TASK=birds",
        "30 trials to run",
    )
    places = [said.find(one) for one in expected]
    assert places == sorted(places)
    assert places[0] >= 0


@pytest.mark.usefixtures("tasks")
def test_an_error_is_one_message_and_exit_code_2(tmp_path, capsys):
    assert called(tmp_path / "nowhere", "--name", "birds") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "to mend: " in said


def test_a_task_of_that_name_is_kept(tasks, tmp_path, capsys):
    root = images(tmp_path / "b", robin=4, wren=4)
    assert called(root, "--name", "birds") == 0
    assert called(root, "--name", "birds") == 2
    assert "FORCE=1" in capsys.readouterr().err
    assert called(root, "--name", "birds", "--force") == 0


def test_a_task_that_does_not_pass_is_an_exit_code_of_1(tasks, tmp_path, capsys, monkeypatch):
    class Faulty:
        failed = True

        def __str__(self):
            return "FAULT"

    monkeypatch.setattr(advice, "validate", lambda names, **given: Faulty())
    assert called(images(tmp_path / "b", robin=4, wren=4), "--name", "birds") == 1
    said = capsys.readouterr()
    assert "FAULT" in said.out
    assert "next:" not in said.out


def test_the_width_of_an_answer_is_said_with_its_formula(tmp_path):
    said = told(proposal(images(tmp_path / "b", robin=10, wren=10), tmp_path / "tasks"))
    assert "6 of 20 labels were drawn for one, 30% of each class" in said
    assert "with 6 test images an accuracy is known to ±40.0 points at most" in said
    assert "1.96 sqrt(a (1 - a) / n)" in said


def test_what_cannot_be_used_is_named_with_its_mend(tmp_path):
    root = images(tmp_path / "b", robin=4, wren=4)
    (root / "robin/broken.png").write_bytes(b"")
    (root / "owl").mkdir()
    said = told(proposal(root, tmp_path / "tasks"))
    assert "robin/broken.png: this image cannot be read: it is empty (to mend: " in said
    assert "class folders without an image: owl" in said


def test_names_from_outside_cannot_steer_a_terminal(tmp_path):
    root = images(tmp_path / "b", robin=4, wren=4)
    image(root / "robin" / "a\x1b[2J\n.png")
    (root / "wren" / "x\x1b]0;t\a.txt").write_text("x")
    said = told(proposal(root, tmp_path / "tasks"))
    assert not {letter for letter in said if not letter.isprintable()} - {"\n"}
    assert r"a\x1b[2J\n.png" in said


def test_of_many_classes_the_first_are_shown(tmp_path):
    root = images(tmp_path / "b", **{f"c{i:02}": 2 for i in range(45)})
    said = told(proposal(root, tmp_path / "tasks"))
    assert "and 5 more classes, of 2 to 2 images" in said
    assert "c44" not in said
