"""The command from a folder to advice; what it runs is tested in tests/advice."""

from __future__ import annotations

import json
from functools import partial

import calling
import pytest
from people import images
from toy import curve

from benchmark.advice import advise as advising
from benchmark.advice import new_task, saved_model
from benchmark.advice.advise import Advised
from benchmark.advice.numbers import numbers
from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of

called = partial(calling.called, "advise")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of images; nothing is trained, and the advice is made up."""
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path / "tasks"))
    monkeypatch.setattr(new_task, "LISTS", tmp_path / "lists")

    def advise(task, backbone, minutes, **given):
        records = [*curve("scratch", {1: 0.4, 4: 0.5}), *curve("finetune", {1: 0.5, 4: 0.7})]
        (board,) = boards(map(score_of, records))
        return Advised(numbers(board, 0.01), board, task, backbone, None)

    monkeypatch.setattr(advising, "advise", advise)
    monkeypatch.setattr(advising, "written", lambda advised, records, told: tmp_path / "out")
    return images(tmp_path / "My birds!", robin=5, wren=5)


def test_it_says_what_it_found_the_table_the_advice_and_where_all_of_it_lies(root, capsys):
    assert called(root, "--minutes", 1, "--backbone", "net") == 0
    said = capsys.readouterr().out
    expected = (
        "10 images in 2 classes",
        "my_birds.yaml",
        "gain of finetune",
        "advice for toy",
        "fine-tune the pretrained network",
        "advice, table, figures and page: ",
    )
    places = [said.find(one) for one in expected]
    assert places == sorted(places)
    assert places[0] >= 0
    assert said.splitlines()[-1].startswith(expected[-1])


def test_as_json_it_prints_nothing_else(root, capsys):
    assert called(root, "--backbone", "net", "--json") == 0
    assert json.loads(capsys.readouterr().out)["now"]["arm"] == "finetune"


def test_the_same_images_are_the_same_task_and_others_another(root, tmp_path, capsys):
    assert called(root, "--backbone", "net") == 0
    file = tmp_path / "tasks/my_birds.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "budget: 0.5\n", encoding="utf-8")
    before = file.read_bytes()
    assert called(root, "--backbone", "net") == 0
    assert file.read_bytes() == before
    other = images(tmp_path / "other" / "My birds!", robin=6, wren=5)
    assert called(other, "--backbone", "net") == 0
    assert file.read_bytes() == before
    assert (tmp_path / "tasks/my_birds_2.yaml").is_file()


def test_a_name_that_other_images_have_is_refused(root, tmp_path, capsys):
    assert called(root, "--name", "birds", "--backbone", "net") == 0
    other = images(tmp_path / "other", robin=6, wren=5)
    assert called(other, "--name", "birds", "--backbone", "net") == 2
    assert "FORCE=1" in capsys.readouterr().err


def test_force_writes_over_the_task_of_the_same_images_alone(root, tmp_path):
    other = images(tmp_path / "other" / "My birds!", robin=6, wren=5)
    assert called(other, "--backbone", "net") == 0
    before = (tmp_path / "tasks/my_birds.yaml").read_bytes()
    assert called(root, "--backbone", "net", "--force") == 0
    mine = tmp_path / "tasks/my_birds_2.yaml"
    mine.write_text(mine.read_text(encoding="utf-8") + "budget: 0.5\n", encoding="utf-8")
    assert called(root, "--backbone", "net", "--force") == 0
    assert "budget: 0.5" not in mine.read_text(encoding="utf-8")
    assert (tmp_path / "tasks/my_birds.yaml").read_bytes() == before


def test_a_model_that_cannot_be_saved_is_said_before_anything_is_looked_at(root, tmp_path, capsys):
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("dear", encoding="utf-8")
    assert called(root, "--save-model", full) == 2
    assert not (tmp_path / "tasks").exists()


def test_the_model_is_saved_where_it_was_asked_for(root, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(saved_model, "save", lambda advised, folder: saved.append(folder))
    assert called(root, "--backbone", "net", "--save-model", tmp_path / "model") == 0
    assert saved == [tmp_path / "model"]
