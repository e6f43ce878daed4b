import json
import shutil

import datasets
import pyarrow.parquet as pq
import pytest
from table_fixtures import PARQUET, parquet_task, rows
from task_fixtures import FOLDER, make_task, refusal

from benchmark.tasks import data

SAVED = {"load_dataset": {"path": "save_to_disk", "data_dir": "saved"}}


def table(first=0, count=4):
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])}
    )
    content = {"image": rows(count, first), "label": [i % 2 for i in range(count)]}
    return datasets.Dataset.from_dict(content, features=features)


def test_a_saved_data_set_is_read(tmp_path):
    datasets.DatasetDict({"train": table(), "test": table(50)}).save_to_disk(tmp_path / "saved")
    found = data.load(make_task(tmp_path, SAVED), 8)
    assert (found.class_names, found.train.labels.tolist()) == (("a", "b"), [0, 1, 0, 1])


def test_a_saved_table_is_one_split(tmp_path):
    table().save_to_disk(tmp_path / "saved")
    assert len(data.load(make_task(tmp_path, SAVED | {"test_fraction": 0.5}), 8).test.labels) == 2


@pytest.mark.parametrize("path", ["imagefolder", "parquet", "csv"])
def test_a_saved_data_set_under_another_name_is_recognised(tmp_path, path):
    table().save_to_disk(tmp_path / "saved")
    keys = {"load_dataset": {"path": path, "data_dir": "saved"}, "test_fraction": 0.5}
    assert "'path: save_to_disk'" in refusal(make_task(tmp_path, keys))


def test_a_folder_that_was_not_saved_is_said(tmp_path):
    (tmp_path / "saved").mkdir()
    assert "saved is no folder that save_to_disk wrote" in refusal(make_task(tmp_path, SAVED))


@pytest.mark.parametrize("name", ["../../secret.arrow", "/etc/hostname"])
def test_a_saved_data_set_cannot_name_files_elsewhere(tmp_path, name):
    table().save_to_disk(tmp_path / "saved")
    state = json.loads((tmp_path / "saved/state.json").read_text())
    state["_data_files"][0]["filename"] = name
    (tmp_path / "saved/state.json").write_text(json.dumps(state))
    task = make_task(tmp_path, SAVED | {"test_fraction": 0.5})
    assert "saved/state.json names files elsewhere" in refusal(task)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../secret", "names files elsewhere"),
        ("..", "names files elsewhere"),
        ("gone", "names the split 'gone', and there is no such folder"),
        (3, "is damaged"),
    ],
)
def test_neither_can_it_name_splits_elsewhere(tmp_path, name, expected):
    datasets.DatasetDict(train=table()).save_to_disk(tmp_path / "saved")
    table().save_to_disk(tmp_path / "secret")
    (tmp_path / "saved/dataset_dict.json").write_text(json.dumps({"splits": ["train", name]}))
    task = make_task(tmp_path, SAVED | {"test_fraction": 0.5})
    assert f"saved/dataset_dict.json {expected}" in refusal(task)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "is a Git LFS pointer"),
        (b"<html>", "is no parquet file"),
        (b"", "is empty"),
        (b"PAR1 not really", "breaks off: the end of it is missing"),
        (b"PAR1 not really PAR1", "cannot be loaded"),
    ],
)
def test_what_is_no_parquet_file_is_named(tmp_path, content, expected):
    task = parquet_task(tmp_path)
    (tmp_path / "test.parquet").write_bytes(content)
    assert f"test.parquet {expected}" in refusal(task)


def test_a_file_without_rows_is_named(tmp_path):
    task = parquet_task(tmp_path)
    table = pq.read_table(tmp_path / "test.parquet").slice(0, 0)
    pq.write_table(table, tmp_path / "test.parquet")
    assert "test.parquet: no rows" in refusal(task)


def test_files_of_a_folder_are_the_splits_that_they_are_called(tmp_path):
    parquet_task(tmp_path)
    (tmp_path / "toy/data").mkdir(parents=True)
    shutil.copy(tmp_path / "train.parquet", tmp_path / "toy/data/Train-00000-of-00002.parquet")
    for name, new in (("train", "Train-00001-of-00002"), ("test", "test_0")):
        shutil.move(tmp_path / f"{name}.parquet", tmp_path / f"toy/data/{new}.parquet")
    keys = {"load_dataset": {"path": "parquet", "data_dir": "toy/data"}}
    found = data.load(make_task(tmp_path, keys), 8)
    assert (len(found.train.labels), len(found.test.labels)) == (8, 2)


def test_the_same_file_is_not_both_splits(tmp_path):
    parquet_task(tmp_path)
    files = {"train": "*.parquet", "test": "test.parquet"}
    keys = {"load_dataset": PARQUET["load_dataset"] | {"data_files": files}}
    assert "1 files are training and test images at once" in refusal(make_task(tmp_path, keys))


def test_a_pattern_without_files_is_named(tmp_path):
    parquet_task(tmp_path)
    files = {"train": "trains-*.parquet", "test": "test.parquet"}
    keys = {"load_dataset": PARQUET["load_dataset"] | {"data_files": files}}
    assert "no file matches 'trains-*.parquet'" in refusal(make_task(tmp_path, keys))


def test_data_may_lie_on_another_disk(tmp_path, monkeypatch):
    (tmp_path / "disk/saved").mkdir(parents=True)
    (tmp_path / "tasks").mkdir()
    table().save_to_disk(tmp_path / "disk/saved")
    keys = SAVED | {"test_fraction": 0.5}
    monkeypatch.setenv("PHOTOS", str(tmp_path / "disk"))
    for root in (str(tmp_path / "disk"), "$PHOTOS", "${PHOTOS}/../disk"):
        found = data.load(make_task(tmp_path / "tasks", keys | {"root": root}), 8)
        assert found.source == "save_to_disk: saved"


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("$NOT_SET_HERE/x", "asks for the environment variable NOT_SET_HERE"),
        ("/no/such/folder", "/no/such/folder, does not exist"),
        ("relative", "relative, is no absolute path"),
    ],
)
def test_a_root_that_is_none_is_said(tmp_path, root, expected):
    assert expected in refusal(make_task(tmp_path, FOLDER | {"root": root}))


def test_no_path_leaves_the_root(tmp_path):
    (tmp_path / "disk/toy/train").mkdir(parents=True)
    (tmp_path / "disk/toy/train/a").symlink_to("/etc")
    task = make_task(tmp_path, FOLDER | {"root": str(tmp_path / "disk")})
    assert "toy/train/a leads out of the task's folder" in refusal(task)
