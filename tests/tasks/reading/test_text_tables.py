import base64
import json
import shutil

import pandas as pd
import pytest
from table_fixtures import CSV, csv_task
from task_fixtures import encoded, make_task, patch, refusal, write_folder

from benchmark.tasks import data
from benchmark.tasks.reading import walk


def loaded(task):
    return data.load(task, 8)


def task_with(folder, text, label="kind", **keys):
    """A CSV of both splits, cut by us."""
    write_folder(folder / "toy")
    (folder / "toy/all.csv").write_text(text)
    spec = {"path": "csv", "data_dir": "toy", "data_files": {"train": "all.csv"}}
    columns = {"image_column": "file", "label_column": label, "test_fraction": 0.5}
    return make_task(folder, {"load_dataset": spec} | columns | keys)


def four(first, second, head="file,kind"):
    """A CSV of two images of each of two classes."""
    names = [
        (f"train/{c}/{i}.png", label)
        for c, label in zip("ab", (first, second), strict=True)
        for i in range(2)
    ]
    return "\n".join([head, *(f"{name},{label}" for name, label in names)]) + "\n"


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("None", "NA", ("NA", "None")),
        ("null", "nan", ("nan", "null")),
        ("10", "9", ("9", "10")),
        ("1.0", "0.0", ("0", "1")),
        ("007", "7", ("007", "7")),
        ("True", "False", ("False", "True")),
        ("1", "N/A", ("1", "N/A")),
        ("-1", "1", ("-1", "1")),
        ("1e3", "x", ("1e3", "x")),
    ],
)
def test_a_label_is_what_is_written(tmp_path, first, second, names):
    assert loaded(task_with(tmp_path, four(first, second))).class_names == names


def test_numbers_with_fractions_are_no_classes(tmp_path):
    message = refusal(task_with(tmp_path, four("0.5", "1.25")))
    assert "column 'kind' holds numbers that are no classes: 0.5, 1.25" in message


@pytest.mark.parametrize("separator", [";", "\t", ", "])
def test_cells_may_be_separated_otherwise(tmp_path, separator):
    text = four("x", "y").replace(",", separator)
    assert loaded(task_with(tmp_path, text)).class_names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "toy/all.csv: this table has no rows"),
        ("file,kind\n", "toy/all.csv: this table has no rows"),
        ("file,kind\na.png,x,y\n", "all.csv:2: this row has 3 cells, the header 2"),
        ('file,kind\n"a.png,x\nb.png,y\n', "a quotation mark is opened and never closed"),
        ("file,kind,kind\na.png,x,y\n", "all.csv:1: two columns are called 'kind'"),
        ("file,class\na.png,x\n", "has no column 'kind'"),
        ("file,kind\nhttps://x.org/a.png,x\n", "all.csv, line 2 names an address, 'https:"),
        ("file,kind\n" + "x" * 140_000 + ",x\n", "its 140,000 characters begin with 'xxx"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(tmp_path, text, expected):
    if "names an address" in expected or "begin with" in expected:
        text += four("x", "y", head="train/b/2.png,y")
    assert expected in refusal(task_with(tmp_path, text))


def test_another_encoding_is_said(tmp_path):
    task = csv_task(tmp_path)
    (tmp_path / "toy/train.csv").write_bytes(b"file,kind\ntrain/a/0.png,caf\xe9\n")
    assert "train.csv:2: this file is not UTF-8" in refusal(task)


def test_a_byte_order_mark_is_no_part_of_a_column(tmp_path):
    assert loaded(task_with(tmp_path, "\ufeff" + four("x", "y"))).class_names == ("x", "y")


@pytest.mark.parametrize("cell", ["x" * 2000, "\x01\x02"])
def test_a_cell_that_is_no_path_is_quoted_in_short(tmp_path, cell):
    text = four("x", "y") + f"{cell},x\n"
    message = refusal(task_with(tmp_path, text))
    assert "toy/all.csv, line 6 names no file" in message
    assert len(message) < 600


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_images_may_be_base64_text(tmp_path, head):
    rows = [
        {"file": head + base64.b64encode(encoded(patch(i, 40))).decode(), "kind": "xy"[i % 2]}
        for i in range(4)
    ]
    write_folder(tmp_path / "toy")
    (tmp_path / "toy/all.jsonl").write_text("\n".join(map(json.dumps, rows)))
    spec = {"path": "json", "data_dir": "toy"}
    columns = {"image_column": "file", "label_column": "kind", "test_fraction": 0.5}
    found = loaded(make_task(tmp_path, {"load_dataset": spec} | columns))
    assert (found.class_names, len(found.train.labels)) == (("x", "y"), 2)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_images_that_a_table_names_elsewhere_are_read_again_when_they_change(tmp_path, kind):
    write_folder(tmp_path / "images", train=4, test=0)
    (tmp_path / "lists").mkdir()
    table = pd.DataFrame(
        [(f"../images/train/{c}/{i}.png", c) for c in "ab" for i in range(4)],
        columns=["image", "label"],
    )
    write = table.to_csv if kind == "csv" else table.to_parquet
    write(tmp_path / f"lists/all.{kind}", index=False)
    spec = {"path": kind, "data_files": {"train": f"lists/all.{kind}"}}
    task = make_task(tmp_path, {"load_dataset": spec, "test_fraction": 0.5})
    before = loaded(task).hash
    assert loaded(task).hash == before
    patch(999).save(tmp_path / "images/train/a/0.png")
    assert loaded(task).hash != before
    shutil.rmtree(tmp_path / "images")
    assert "there is no such file" in refusal(task)


@pytest.mark.parametrize("side", [9, 300])
def test_images_in_a_csv_may_be_shorter_than_a_path_or_longer_than_a_usual_cell(tmp_path, side):
    texts = [base64.b64encode(encoded(patch(i, side))).decode() for i in range(4)]
    assert len(texts[0]) < 1024 or len(texts[0]) > 200_000
    rows = [f"{text},{'xy'[i % 2]}" for i, text in enumerate(texts)]
    found = loaded(task_with(tmp_path, "\n".join(["file,kind", *rows]) + "\n"))
    assert len(found.train.labels) == 2


def test_an_image_that_a_row_names_by_a_detour_is_used(tmp_path):
    text = four("x", "y").replace("train/", "../toy/train/")
    without = loaded(task_with(tmp_path, four("x", "y"))).notes
    assert loaded(task_with(tmp_path, text)).notes == without


def test_images_named_by_their_whole_path_are_used(tmp_path):
    text = four("x", "y").replace("train/", f"{tmp_path}/toy/train/")
    without = loaded(task_with(tmp_path, four("x", "y"))).notes
    assert loaded(task_with(tmp_path, text)).notes == without


def test_a_file_may_be_called_with_blanks_of_any_width(tmp_path):
    write_folder(tmp_path / "toy")
    name = "at 3.04\u202fPM\u3000.png"
    (tmp_path / "toy/train/a/0.png").rename(tmp_path / "toy/train/a" / name)
    task = task_with(tmp_path, four("x", "y").replace("train/a/0.png", f"train/a/{name}"))
    assert len(loaded(task).train.labels) == 2


def test_all_rows_that_name_no_file_are_told_at_once(tmp_path):
    text = "file,kind\n" + "".join(f"https://x.org/{i}.png,{'xy'[i % 2]}\n" for i in range(4))
    message = refusal(task_with(tmp_path, text))
    assert "2 images cannot be used:" in message
    assert message.count("names an address") == 2


def test_a_folder_that_cannot_be_looked_through_keeps_no_image_from_being_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(walk, "MOST", 3)
    text = four("x", "y")
    write_folder(tmp_path / "toy")
    (tmp_path / "toy/all.csv").write_text(text)
    spec = {"path": "csv", "data_files": {"train": "toy/all.csv"}}
    columns = {"image_column": "file", "label_column": "kind", "test_fraction": 0.5}
    for i in range(5):
        patch(i).save(tmp_path / f"toy/train/a/more{i}.png")
    found = loaded(make_task(tmp_path, {"load_dataset": spec} | columns))
    assert "not looked through for images: there are more than 3 files here" in found.notes[-1]


def json_task(folder, text, name="all.jsonl", **keys):
    write_folder(folder / "toy")
    (folder / "toy" / name).write_text(text)
    spec = {"path": "json", "data_dir": "toy"}
    return make_task(folder, {"load_dataset": spec, "test_fraction": 0.5} | keys)


def test_an_object_without_a_group_is_refused(tmp_path):
    rows = [one | {"patient": i} for i, one in enumerate(lines("x", "y", "x", "y"))]
    del rows[2]["patient"]
    task = json_task(tmp_path, "\n".join(map(json.dumps, rows)), group="patient")
    assert "has no column 'patient'" in refusal(task)


def test_an_object_without_a_label_is_one_row_at_fault(tmp_path):
    rows = lines("x", "y", "x", "y")
    del rows[2]["label"]
    text = "\n".join(map(json.dumps, rows))
    assert "all.jsonl, line 3" in refusal(json_task(tmp_path, text))


def lines(*labels):
    return [
        {"image": f"train/{'ab'[i % 2]}/{i // 2}.png", "label": label}
        for i, label in enumerate(labels)
    ]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ((10, 9, 10, 9), ("9", "10")),
        ((True, False, True, False), ("False", "True")),
        ((1.0, 2.0, 1.0, 2.0), ("1", "2")),
        (("x", "null", "x", "null"), ("null", "x")),
        (("1", 2, "1", 2), ("1", "2")),
    ],
)
def test_json_lines_are_a_table(tmp_path, labels, names):
    text = "\n".join(map(json.dumps, lines(*labels)))
    assert loaded(json_task(tmp_path, text)).class_names == names


def test_json_may_be_one_list(tmp_path):
    task = json_task(tmp_path, json.dumps(lines("x", "y", "x", "y"), indent=1), "all.json")
    assert loaded(task).class_names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"image": "a.png"\n', "all.jsonl:1: this is not valid JSON"),
        ('\n["a.png", "x"]\n', "an object with a value for each column is expected"),
        (
            '{"image": "train/a/0.png", "label": null}\n',
            "line 1 in the training split has no label",
        ),
        ('{"image": "train/a/0.png"}\n', "has no column 'label'"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_wrong_with_json_is_said(tmp_path, text, expected):
    assert expected in refusal(json_task(tmp_path, text))


def test_tables_of_a_folder_are_the_splits_that_they_are_called(tmp_path):
    write_folder(tmp_path / "toy")
    for split in ("train", "test"):
        rows = [f"{split}/{c}/{i}.png,{c}" for c in "ab" for i in range(2)]
        (tmp_path / f"toy/{split.title()}.csv").write_text("\n".join(["file,kind", *rows]))
    (tmp_path / "toy/train_old.csv").write_text("nothing")
    (tmp_path / "toy/notes.txt").write_text("nothing")
    (tmp_path / "toy/loop").symlink_to("loop")
    keys = CSV | {"load_dataset": {"path": "csv", "data_dir": "toy"}}
    found = loaded(make_task(tmp_path, keys))
    assert (len(found.train.labels), len(found.test.labels)) == (4, 4)
    notes = "\n".join(found.notes)
    assert "not used: train_old.csv in toy/: the split 'train_old' is not asked for" in notes
    assert "not used: notes.txt in toy/: neither an image nor csv" in notes
    assert "not used: loop in toy/: a link that leads back to itself" in notes
    assert "2.png" in notes
    assert "no row names it" in notes


def test_tables_that_are_called_otherwise_are_named(tmp_path):
    write_folder(tmp_path / "toy")
    for name in ("train_labels.csv", "test_labels.csv"):
        (tmp_path / "toy" / name).write_text(four("x", "y"))
    message = refusal(
        make_task(tmp_path, CSV | {"load_dataset": {"path": "csv", "data_dir": "toy"}})
    )
    assert "the splits are: test_labels, train_labels" in message
