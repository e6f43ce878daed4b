import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from task_fixtures import FOLDER, make_task, write_task
from toy import CHECKOUT

from benchmark.errors import UserError
from benchmark.tasks import load
from benchmark.tasks.load import load_task, load_tasks, sound_tasks, task_names

NAMES = [
    "arabic_letters",
    "cifar10",
    "clothing",
    "digits",
    "dtd10",
    "eurosat",
    "flowers",
    "pneumoniamnist",
    "sign_digits",
    "trashnet",
]


def test_the_ten_tasks_are_there_and_sound():
    assert task_names(CHECKOUT / "tasks") == NAMES
    assert [task.name for task in load_tasks(folder=CHECKOUT / "tasks")] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_task_says_what_it_is_and_starts_at_one_image(name):
    task = load_task(name, CHECKOUT / "tasks")
    assert "not stated" not in (task.domain, task.description, task.citation)
    assert task.homepage.startswith("https://")
    assert task.images_per_class[0] == 1


def test_letters_digits_hands_and_x_rays_are_not_mirrored():
    unflipped = {task.name for task in load_tasks(folder=CHECKOUT / "tasks") if not task.flip}
    assert unflipped == {"arabic_letters", "digits", "pneumoniamnist", "sign_digits"}


def test_development_tasks_are_digits_small_pictures_and_photos():
    chosen = [task.name for task in load_tasks(folder=CHECKOUT / "tasks") if task.development]
    assert chosen == ["cifar10", "digits", "trashnet"]


def test_a_task_knows_its_name_and_file(tmp_path):
    task = make_task(tmp_path, title="Täsk")
    assert (task.name, task.title, task.file) == ("toy", "Täsk", tmp_path / "toy.yaml")


def test_importing_tasks_is_light():
    code = (
        "import sys, benchmark.tasks.load; print({'torch', 'datasets', 'timm'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


@given(grid=st.lists(st.integers(1, 500), min_size=1, unique=True).map(sorted), flip=st.booleans())
@settings(max_examples=15, deadline=None)
def test_what_is_written_is_what_is_read(tmp_path_factory, grid, flip):
    task = make_task(tmp_path_factory.mktemp("t"), images_per_class=grid, flip=flip)
    assert (list(task.images_per_class), task.flip) == (grid, flip)


def test_an_unknown_name_gets_the_nearest_one(tmp_path):
    write_task(tmp_path, FOLDER, "clothing")
    with pytest.raises(UserError, match=r"unknown task 'clothng'; did you mean 'clothing'\?"):
        load_task("clothng", tmp_path)


def test_a_name_cannot_lead_out_of_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    write_task(tmp_path, FOLDER)
    with pytest.raises(UserError, match="unknown task"):
        load_task("../toy", tmp_path / "in")


def test_a_file_with_the_other_ending_is_pointed_out(tmp_path):
    write_task(tmp_path, FOLDER).rename(tmp_path / "toy.yml")
    with pytest.raises(UserError, match=r"rename toy\.yml to toy\.yaml"):
        load_task("toy", tmp_path)


def test_a_name_with_spaces_is_refused(tmp_path):
    write_task(tmp_path, FOLDER, "my toy")
    with pytest.raises(UserError, match="file name is made of letters"):
        load_task("my toy", tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="this folder of tasks does not exist"):
        task_names(tmp_path / "nowhere")


def test_what_a_foreign_system_put_beside_a_task_is_none(tmp_path):
    write_task(tmp_path, FOLDER, "mine")
    (tmp_path / "._mine.yaml").write_bytes(b"\0\5\x16\7")
    assert task_names(tmp_path) == ["mine"]


def test_a_task_with_mistakes_is_told_and_the_others_are_there(tmp_path):
    write_task(tmp_path, FOLDER, "mine")
    (tmp_path / "half.yaml").write_text("title: [")
    faults = []
    assert [task.name for task in sound_tasks(faults.append, tmp_path)] == ["mine"]
    assert ["half.yaml" in str(fault) for fault in faults] == [True]


def test_another_folder_is_taken_from_the_environment(tmp_path, monkeypatch):
    assert task_names() == NAMES
    write_task(tmp_path, FOLDER, "mine")
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path))
    assert task_names() == ["mine"]


def test_an_unknown_key_gets_its_line_and_the_nearest_legal_one(tmp_path):
    file = write_task(tmp_path, FOLDER)
    file.write_text(file.read_text() + "licens: MIT\n")
    line = file.read_text().count("\n")
    with pytest.raises(UserError) as caught:
        load_task("toy", tmp_path)
    assert f"toy.yaml:{line}: unknown key 'licens'; did you mean 'licence'?" in str(caught.value)


def test_all_mistakes_are_reported_at_once_with_their_lines(tmp_path):
    (tmp_path / "toy.yaml").write_text(
        "title: 7\n"
        "domain: d\n"
        "description: d\n"
        "licence: 2.0\n"
        "images_per_class: [1, x]\n"
        "flip: 'yes'\n"
        "data:\n"
        "  load_datset: {}\n"
        "  sklearn: faces\n"
    )
    with pytest.raises(UserError) as caught:
        load_task("toy", tmp_path)
    message = str(caught.value)
    for expected in (
        "7 mistakes",
        "line 1: the key 'image_size' is missing",
        "line 1: title: text is expected, not 7 (put the value in quotes)",
        "line 4: licence: text is expected, not 2.0",
        "line 5: images_per_class.1: a whole number is expected",
        "line 6: flip: true or false is expected",
        "line 8: unknown key 'data.load_datset'; did you mean 'load_dataset'?",
        "line 9: data.sklearn: 'digits' is expected",
    ):
        assert expected in message


# Several folders, as an installed package has them


@pytest.fixture
def places(tmp_path, monkeypatch):
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    monkeypatch.setattr(load, "task_folders", lambda: (own, shipped))
    shipped.mkdir()
    write_task(shipped, FOLDER, "digits", title="Shipped")
    return own, shipped


def test_without_a_folder_of_ones_own_the_shipped_tasks_are_there(places):
    assert task_names() == ["digits"]


def test_of_two_tasks_with_one_name_ones_own_counts(places):
    own, shipped = places
    own.mkdir()
    write_task(shipped, FOLDER, "flowers")
    write_task(own, FOLDER, "digits", title="Mine")
    write_task(own, FOLDER, "another")
    assert task_names() == ["another", "digits", "flowers"]
    assert load_task("digits").title == "Mine"
    assert load_task("flowers").folder == shipped


def test_a_new_task_belongs_into_ones_own_folder(places):
    own, _ = places
    with pytest.raises(UserError, match="the tasks here are: digits") as caught:
        load_task("mine")
    assert f"a new one is a new .yaml file in {own}" in str(caught.value)


def test_no_folder_at_all_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "task_folders", lambda: (tmp_path / "own", tmp_path / "shipped"))
    with pytest.raises(UserError, match="this folder of tasks does not exist"):
        task_names()
