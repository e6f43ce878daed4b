import json

import pytest
from task_fixtures import FOLDER, make_task, write_task
from toy import CHECKOUT

from benchmark.errors import UserError
from benchmark.tasks.definition import schema
from benchmark.tasks.definition.data_keys import Data, LoadDataset
from benchmark.tasks.load import load_task

ARCHIVE = {"archive": "https://example.org/x.zip"}


def refusal(folder, data=FOLDER, **fields):
    write_task(folder, data, **fields)
    with pytest.raises(UserError) as caught:
        load_task("toy", folder)
    return str(caught.value)


def loading(**arguments):
    return {"load_dataset": arguments}


def test_the_published_schema_is_current():
    published = (CHECKOUT / "tasks" / schema.SCHEMA_FILE).read_text(encoding="utf-8")
    assert published == schema.schema_text(), "run benchmark.tasks.definition.schema.write_schema()"


def test_every_key_of_the_data_is_explained():
    text = (CHECKOUT / "tasks" / "README.md").read_text(encoding="utf-8")
    elsewhere = {"mirror", "sklearn"}
    for key in {*Data.model_fields, *LoadDataset.model_fields} - elsewhere:
        assert f"`{key}" in text or f"{key}:" in text, key


def test_the_schema_is_written_where_it_is_asked_for(tmp_path):
    schema.write_schema(tmp_path)
    written = json.loads((tmp_path / schema.SCHEMA_FILE).read_text())
    assert {"name", "folder"}.isdisjoint(written["properties"])


def test_five_keys_are_enough(tmp_path):
    texts = dict.fromkeys(("domain", "description", "licence", "citation"))
    assert make_task(tmp_path, **texts).licence == "not stated"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": None}, "the key 'title' is missing"),
        ({"title": ""}, "title: "),
        ({"image_size": 0}, "image_size: "),
        ({"image_size": True}, "image_size: a whole number is expected, not true"),
        ({"images_per_class": []}, "images_per_class: "),
        ({"images_per_class": [5, 5]}, "numbers must increase"),
        ({"images_per_class": [0, 1]}, "images_per_class.0: "),
        ({"images_per_class": 5}, "images_per_class: a list is expected, as in [1, 2, 5], not 5"),
        ({"images_per_class": list(range(1, 102))}, "a grid has at most 100 numbers, not 101"),
        ({"images_per_class": ["1"]}, 'a whole number is expected, not "1"\n  to mend: remove'),
        ({"images_per_class": [True]}, "a whole number is expected, not true"),
        ({"flip": "yes"}, 'true or false is expected, not "yes"\n  to mend: remove the quotes'),
        ({"budget": float("inf")}, "budget: a finite number is expected"),
        ({"title": 3.10}, "title: text is expected, not 3.1\n  to mend: put the value in quotes"),
        ({"title": ["a"]}, "title: text is expected"),
        ({"title": "a\x1b[31m"}, "title: text holds no control characters"),
        ({"data": "toy"}, "data: 'key: value' lines are expected here"),
        ({"flip": 1}, "flip: true or false is expected, not 1"),
        ({"accepted_duplicates": -1}, "accepted_duplicates: "),
    ],
)
def test_a_wrong_value_is_named(tmp_path, fields, expected):
    assert expected in refusal(tmp_path, **fields)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, "one of 'load_dataset', 'sklearn' or 'mirror' is needed"),
        ({"sklearn": "digits"}, "'test_fraction' is needed"),
        ({"sklearn": "digits", "test_fraction": 1.5}, "less than 1"),
        (FOLDER | {"test_fraction": float("nan")}, "data.test_fraction: "),
        (FOLDER | {"sklearn": "digits", "test_fraction": 0.4}, "'sklearn' excludes"),
        (FOLDER | {"test_split": "t", "test_fraction": 0.4}, "exclude each other"),
        (FOLDER | {"archive": "http://example.org/x.zip"}, "starts with https://"),
        (FOLDER | {"archive": "https://me:secret@example.org/x.zip"}, "no user name"),
        ({"mirror": "x", "archive": "https://example.org/x.zip"}, "'archive' needs"),
        (FOLDER | {"sha256": "a" * 64}, "'sha256' belongs to an 'archive'"),
        (FOLDER | ARCHIVE | {"sha256": "a" * 63}, "data.sha256: a SHA-256 is expected"),
        (FOLDER | ARCHIVE | {"sha256": "g" * 64}, "data.sha256: a SHA-256 is expected"),
        (FOLDER | ARCHIVE | {"sha256": int("1" * 64)}, "put the value in quotes"),
        ({"mirror": "../x"}, "must stay inside"),
        (loading(path="imagefolder"), "needs 'data_dir' or 'data_files'"),
        (loading(path="imagefolder", data_dir="/etc"), "must stay inside"),
        (loading(path="imagefolder", data_dir="a\0b"), "no control characters"),
        (loading(path="imagefolder", data_dir="x" * 256), "a name 255"),
        (loading(path="imagefolder", data_dir="x/" * 600), "at most 1024 letters"),
        (FOLDER | {"test_split": "train"}, "the same split as in 'train_split', train"),
        (FOLDER | {"train_split": "train+test"}, "the same split as in 'train_split', test"),
        (FOLDER | {"train_split": "train+train"}, "each once"),
        (loading(path="imagefolder", data_dir="a/../../b"), "must stay inside"),
        (loading(path="csv", data_files={"train": "../x.csv"}), "must stay inside"),
        (loading(path="csv", data_files={"train": ["x.csv", "~/x.csv"]}), "must stay inside"),
        (loading(path="csv", data_files={"train": "https://x.org/x.csv"}), "under 'archive'"),
        (loading(path="imagefoldr", data_dir="x"), "did you mean 'imagefolder'?"),
        (loading(path="org/name"), "needs 'revision'"),
        (loading(path="org/name", revision="main"), "needs 'revision'"),
        (loading(path="csv", data_dir="x", revision="abcdef1"), "belong to data sets on the hub"),
        (loading(path="csv", data_dir="x", split="train"), "unknown key 'data.load_dataset.split'"),
        (loading(path="org/name", trust_remote_code=True), "'trust_remote_code' is refused"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(tmp_path, data, expected):
    assert expected in refusal(tmp_path, data)


def test_a_revision_of_digits_only_has_to_be_quoted(tmp_path):
    assert "put the value in quotes" in refusal(
        tmp_path, loading(path="org/name", revision=1234567890)
    )


def test_a_pinned_archive_may_be_written_in_capitals(tmp_path):
    assert make_task(tmp_path, FOLDER | ARCHIVE | {"sha256": "A" * 64}).data.sha256 == "a" * 64


def test_a_loopback_archive_needs_no_https(tmp_path):
    assert make_task(tmp_path, FOLDER | {"archive": "http://127.0.0.1:8000/x.zip"})
