import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_fixtures import PARQUET, csv_task, parquet_task, rows, write_parquet
from task_fixtures import FOLDER, folder_task, make_task, refusal, write_folder

from benchmark.tasks import data


@pytest.mark.parametrize("names", [(None, None), (("a", "b"), ("a", "b"))])
def test_parquet_labels_are_numbers_or_class_labels(tmp_path, names):
    loaded = data.load(parquet_task(tmp_path, names=names), 8)
    assert loaded.train.labels.tolist() == [0, 0, 1, 1]
    assert loaded.class_names == (names[0] or ("0", "1"))


def test_numbers_are_sorted_as_numbers(tmp_path):
    loaded = data.load(parquet_task(tmp_path, (9, 9, 10, 10), (10, 9), (None, None)), 8)
    assert loaded.class_names == ("9", "10")
    assert loaded.test.labels.tolist() == [1, 0]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_parquet_may_hold_plain_bytes_and_text_labels(tmp_path, kind):
    for split, first in (("train", 0), ("test", 50)):
        images = pa.array([row["bytes"] for row in rows(2, first)], kind)
        table = pa.table({"image": images, "label": ["y", "x"]})
        pq.write_table(table, tmp_path / f"{split}.parquet")
    loaded = data.load(make_task(tmp_path, PARQUET), 8)
    assert (loaded.class_names, loaded.train.labels.tolist()) == (("x", "y"), [1, 0])


def test_splits_can_be_joined_and_named(tmp_path):
    write_folder(tmp_path / "toy")
    shutil.move(tmp_path / "toy/test", tmp_path / "toy/validation")
    write_folder(tmp_path / "toy", train=0)
    task = make_task(tmp_path, FOLDER | {"train_split": "train+validation"})
    assert len(data.load(task, 8).train.labels) == 6 + 4


def test_a_missing_test_split_is_named_with_the_splits_there_are(tmp_path):
    write_folder(tmp_path / "toy", test=0)
    message = refusal(make_task(tmp_path))
    assert "there is no split 'test'" in message
    assert "the folders are: train" in message


def test_a_misspelt_split_gets_the_nearest_one(tmp_path):
    assert "did you mean 'train'?" in refusal(folder_task(tmp_path, train_split="trian"))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"label_column": "knid"}, "no column 'knid'; did you mean 'kind'?"),
        ({"image_column": "image"}, "the columns are: file, kind"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path, keys, expected):
    assert expected in refusal(csv_task(tmp_path, **keys))


def test_labels_that_are_no_classes_are_refused(tmp_path):
    message = refusal(parquet_task(tmp_path, (0.0, 0.0, 1.5, 1.5), (0.0, 1.5), (None, None)))
    assert "row 2 of the 4 in the training split has a label that is no class" in message


@pytest.mark.parametrize("column", [[1, 2], [[1], [2]], [0.5, 1.0]])
def test_a_column_that_holds_no_images_is_refused(tmp_path, column):
    for split in ("train", "test"):
        table = pa.table({"image": column, "label": ["x", "y"]})
        pq.write_table(table, tmp_path / f"{split}.parquet")
    assert "not images" in refusal(make_task(tmp_path, PARQUET))


@pytest.mark.parametrize("label", [-1, None])
def test_a_missing_label_is_named_with_its_row(tmp_path, label):
    message = refusal(parquet_task(tmp_path, test=(0, label)))
    assert f"row 1 of the 2 in the test split has no label (label is {label})" in message


def test_a_gap_in_a_column_of_numbers_is_a_missing_label(tmp_path):
    message = refusal(csv_task(tmp_path, "train/a/0.png,1\ntrain/b/0.png,\n"))
    assert "toy/train.csv, line 3 in the training split has no label" in message


def test_a_label_that_is_empty_text_is_missing(tmp_path):
    message = refusal(csv_task(tmp_path, "train/a/0.png,a\ntrain/b/0.png,\n"))
    assert "toy/train.csv, line 3 in the training split has no label" in message


def test_a_label_beyond_the_classes_is_named(tmp_path):
    task = parquet_task(tmp_path)
    table = pq.read_table(tmp_path / "test.parquet")
    beyond = pa.array([0, 2], pa.int64())
    pq.write_table(table.set_column(1, table.schema.field(1), beyond), tmp_path / "test.parquet")
    assert "row 1 of the 2 in the test split has a label beyond the 2 classes" in refusal(task)


def test_splits_of_different_kinds_cannot_be_joined(tmp_path):
    parquet_task(tmp_path, names=(("a", "b"), None))
    keys = {"train_split": "train+test", "test_fraction": 0.5}
    task = make_task(tmp_path, PARQUET | keys)
    assert "the splits train+test cannot be joined" in refusal(task)


@pytest.mark.parametrize("names", [(("a", "b"), ("b", "a")), (("a", "b"), None)])
def test_splits_that_disagree_on_the_classes_are_refused(tmp_path, names):
    assert "disagree on the classes" in refusal(parquet_task(tmp_path, names=names))


def test_a_class_without_test_images_is_named(tmp_path):
    task = folder_task(tmp_path)
    shutil.rmtree(tmp_path / "toy/test/b")
    assert "class 'b' has no test images" in refusal(task)


def test_a_class_that_only_the_test_split_has_is_named(tmp_path):
    task = folder_task(tmp_path)
    shutil.rmtree(tmp_path / "toy/train/a")
    assert "class 'a' has test images but no training images" in refusal(task)


def test_a_name_that_no_image_has_is_passed_over_with_a_note(tmp_path):
    names = ("a", "ghost", "b")
    loaded = data.load(parquet_task(tmp_path, (0, 0, 2, 2), (0, 2), (names, names)), 8)
    assert (loaded.class_names, loaded.train.labels.tolist()) == (("a", "b"), [0, 0, 1, 1])
    assert loaded.notes == ("classes that no image has: ghost",)


def test_one_class_is_too_few(tmp_path):
    write_folder(tmp_path / "toy", classes=("only",))
    assert "fewer than two classes: only" in refusal(make_task(tmp_path))


def test_an_unreadable_image_in_parquet_is_named_with_its_row_and_path(tmp_path):
    task = parquet_task(tmp_path)
    images = [*rows(3), {"bytes": b"junk", "path": "p/bad.png"}]
    write_parquet(tmp_path / "train.parquet", images, [0, 0, 1, 1], ("a", "b"))
    assert "train split, train row 3 (p/bad.png): this image cannot be read" in refusal(task)


def test_an_image_that_a_csv_names_but_is_missing_is_named(tmp_path):
    message = refusal(csv_task(tmp_path, "train/a/77.png,a\ntrain/b/0.png,b\n"))
    assert "toy/train/a/77.png: this image cannot be read: there is no such file" in message


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/hostname"])
def test_a_csv_cannot_name_images_elsewhere(tmp_path, path):
    (tmp_path / "tasks").mkdir()
    task = csv_task(tmp_path / "tasks", f"{path},a\ntrain/b/0.png,b\n")
    assert "leads out of the task's folder" in refusal(task)


def test_parquet_cannot_name_images_elsewhere(tmp_path):
    task = parquet_task(tmp_path)
    images = [*rows(3), {"bytes": None, "path": "/etc/hostname"}]
    write_parquet(tmp_path / "train.parquet", images, [0, 0, 1, 1], ("a", "b"))
    assert "leads out of the task's folder" in refusal(task)
