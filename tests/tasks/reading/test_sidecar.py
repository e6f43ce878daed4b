import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from task_fixtures import FOLDER, make_task, refusal, write_folder

from benchmark.tasks import data


@pytest.fixture
def toy(tmp_path):
    """``toy/{train,test}/{a,b}/<i>.png``."""
    return write_folder(tmp_path / "toy")


def rows(split, head="file_name,label", count=2):
    lines = [f"{name}/{i}.png,kind {name}" for name in "ab" for i in range(count)]
    return "\n".join([head, *lines]) + "\n"


def loaded(toy, **keys):
    return data.load(make_task(toy.parent, FOLDER | keys), 8)


def test_a_table_beside_the_images_names_their_classes(toy):
    for split in ("train", "test"):
        (toy / split / "metadata.csv").write_text(rows(split))
    found = loaded(toy)
    assert (found.class_names, len(found.train.labels)) == (("kind a", "kind b"), 4)
    assert found.notes == tuple(
        f"not used: 2.png in toy/train/{name}/: no metadata file has a row for it" for name in "ab"
    )


def test_one_table_may_stand_above_the_splits(toy):
    lines = [
        {"file_name": f"{split}/{name}/0.png", "label": name == "a"}
        for split in ("train", "test")
        for name in "ab"
    ]
    (toy / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = loaded(toy)
    assert (found.class_names, found.train.labels.tolist()) == (("False", "True"), [1, 0])


def test_a_parquet_table_does_as_well(toy):
    for split in ("train", "test"):
        table = pa.table({"file_name": ["a/0.png", "b/0.png"], "label": [10, 9]})
        pq.write_table(table, toy / split / "metadata.parquet")
    assert loaded(toy).class_names == ("9", "10")


def test_images_need_no_class_folders_then(toy):
    for split in ("train", "test"):
        for name in "ab":
            (toy / split / name / "0.png").rename(toy / split / f"{name}.png")
        (toy / split / "metadata.csv").write_text("file_name,label\na.png,x\nb.png,y\n")
    assert loaded(toy).class_names == ("x", "y")


def test_a_table_without_rows_is_said_and_the_folders_count(toy):
    (toy / "train/metadata.csv").write_text("file_name,label\n")
    found = loaded(toy)
    assert found.class_names == ("a", "b")
    assert found.notes == ("not used: metadata.csv in toy/train/: a table without rows",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rows("train", "file_name,kind"), "metadata.csv has no column 'label'"),
        (rows("train", "file,label"), "has no column 'file_name'"),
        (rows("train", count=9), "toy/train/a/3.png: this image cannot be read: there is no such"),
        (rows("train") + "a/0.png,x\n", "line 6: toy/train/a/0.png has two rows"),
        ("file_name,label\n../../x.png,x\n", "line 2: x.png lies outside the table's folder"),
        (
            "file_name,label\na/0.png,\nb/0.png,x\n",
            "metadata.csv, line 2 in the training split has",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said(toy, text, expected):
    (toy / "train/metadata.csv").write_text(text)
    (toy / "test/metadata.csv").write_text(rows("test") if "kind" not in text[:20] else text)
    assert expected in refusal(make_task(toy.parent))


def test_a_table_may_hold_groups(toy):
    text = "file_name,label,patient\n" + "".join(
        f"a/{i}.png,x,{i}\nb/{i}.png,y,{i}\n" for i in range(3)
    )
    (toy / "train/metadata.csv").write_text(text)
    for file in (toy / "test").rglob("*.png"):
        file.unlink()
    found = loaded(toy, test_fraction=0.4, group="patient")
    assert (len(found.train.labels), len(found.test.labels)) == (4, 2)


def test_rows_may_have_been_written_on_windows(toy):
    for split in ("train", "test"):
        (toy / split / "metadata.csv").write_text(rows(split).replace("/", "\\"))
    assert len(loaded(toy).train.labels) == 4
