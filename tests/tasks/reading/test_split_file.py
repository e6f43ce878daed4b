import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from task_fixtures import FOLDER, make_task, refusal, write_folder

from benchmark.tasks import data
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.reading import split_file
from benchmark.tasks.reading.split_file import LEFT_OUT, TEST, TRAIN, Side

names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda name: not name.startswith("./") and name.strip()
)


def unsplit(folder, *rows, **keys):
    """Four images in each of two classes, and a list with these rows."""
    write_folder(folder / "toy", train=4, test=0)
    (folder / "toy" / "train").rename(folder / "all")
    (folder / "toy").rmdir()
    (folder / "sides.csv").write_text("image,split,reason\n" + "\n".join(rows) + "\n")
    folder_all = {"load_dataset": {"path": "imagefolder", "data_dir": "all"}}
    return make_task(folder, folder_all | {"split_file": "sides.csv"} | keys)


EVERY = tuple(
    f"./all/{name}/{i}.png,{'test' if i == 2 else 'train'}," for name in "ab" for i in range(3)
)


def sides_of(task):
    found = data.fingerprints(task)
    return {"train": list(found.train.names), "test": list(found.test.names)}


def test_the_list_says_which_side_each_image_is_on(tmp_path):
    sides = sides_of(unsplit(tmp_path, *EVERY))
    assert sides["test"] == ["all/a/2.png", "all/b/2.png"]
    assert sides["train"] == [f"all/{name}/{i}.png" for name in "ab" for i in (0, 1)]


def test_images_that_are_left_out_or_not_listed_are_named_as_not_used(tmp_path):
    task = unsplit(tmp_path, *EVERY, "./all/a/3.png,left out,blurred")
    unused = {one.path: one.reason for one in data.fingerprints(task).unused}
    assert unused == {"all/a/3.png": "blurred", "all/b/3.png": "not in the split file"}


def test_an_edited_list_is_read_again(tmp_path):
    task = unsplit(tmp_path, *EVERY)
    before = data.load(task, 8)
    file = tmp_path / "sides.csv"
    file.write_text(file.read_text() + "./all/a/3.png,test,\n")
    after = data.load(task, 8)
    assert (len(before.test.labels), len(after.test.labels)) == (2, 3)


def test_an_image_on_both_sides_is_refused_with_its_line(tmp_path):
    task = unsplit(tmp_path, *EVERY, "./all/a/0.png,test,")
    assert "sides.csv:8: all/a/0.png is on two sides" in refusal(task)


def test_beside_a_published_split_the_list_leaves_images_out(tmp_path):
    write_folder(tmp_path / "toy", train=3, test=2)
    kept = [f"./toy/train/{c}/{i}.png,train," for c in "ab" for i in (0, 1)]
    kept += [f"./toy/test/{c}/0.png,test," for c in "ab"]
    keys = FOLDER | {"test_split": "test", "split_file": "sides.csv"}
    (tmp_path / "sides.csv").write_text("image,split,reason\n" + "\n".join(kept))
    loaded = data.load(make_task(tmp_path, keys), 8)
    assert [np.bincount(one.labels).tolist() for one in (loaded.train, loaded.test)] == [
        [2, 2],
        [1, 1],
    ]


def test_an_image_of_a_published_split_cannot_change_sides(tmp_path):
    write_folder(tmp_path / "toy")
    (tmp_path / "sides.csv").write_text("image,split\n./toy/test/a/0.png,train\n")
    keys = FOLDER | {"test_split": "test", "split_file": "sides.csv"}
    message = refusal(make_task(tmp_path, keys))
    assert "toy/test/a/0.png is in the test split of the data" in message


def test_a_listed_image_that_is_gone_is_named(tmp_path):
    message = refusal(unsplit(tmp_path, *EVERY, "./all/a/9.png,train,"))
    assert "1 images of the split file are not there: all/a/9.png" in message


def test_a_left_out_image_may_be_gone(tmp_path):
    task = unsplit(tmp_path, *EVERY, "./all/a/9.png,left out,")
    assert len(data.load(task, 8).train.labels) == 4


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot read this file"),
        ("image,side\n./a,train\n", "no column 'split'"),
        ("image,split\n./a,tests\n", "'tests' is no side of a split; did you mean 'test'?"),
        ("image,split\n./a\n", "this row has 1 cells"),
    ],
)
def test_a_list_that_is_none_is_one_message(tmp_path, content, expected):
    task = unsplit(tmp_path)
    (tmp_path / "sides.csv").unlink()
    if content is not None:
        (tmp_path / "sides.csv").write_text(content)
    message = refusal(task)
    assert expected in message
    assert "sides.csv" in message


def test_a_link_that_leads_out_is_one_file_not_used(tmp_path):
    task = unsplit(tmp_path, *EVERY)
    (tmp_path / "all/a/out.png").symlink_to("/etc/passwd")
    unused = {one.path: one.reason for one in data.fingerprints(task).unused}
    assert unused["all/a/out.png"] == "leads out of the task's folder"


@given(
    st.lists(st.tuples(names, st.sampled_from([TRAIN, TEST, LEFT_OUT])), unique_by=lambda x: x[0])
)
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again_whatever_files_are_called(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("lists")
    given_sides = [(name, Side(split, "why")) for name, split in rows]
    (folder / "x.csv").write_text(split_file.text(given_sides), encoding="utf-8")
    data_keys = Data(sklearn=None, mirror="x", split_file="x.csv")
    assert split_file.of(data_keys, folder) == dict(given_sides)


def test_no_name_is_a_formula_in_a_spreadsheet():
    written = split_file.text([("=1+1/a.png", Side(TRAIN))])
    assert written.splitlines()[1] == "./=1+1/a.png,train,"
