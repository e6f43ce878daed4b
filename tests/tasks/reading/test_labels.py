import numpy as np
import pytest
from table_fixtures import parquet_task, rows, write_parquet
from task_fixtures import FOLDER, make_task, refusal, write_folder

from benchmark.errors import UserError
from benchmark.tasks import data
from benchmark.tasks.load import load_task

NAMES = ("bee", "cat", "dog", "pup")


@pytest.fixture
def animals(tmp_path):
    """Four classes, of 3 training and 2 test images each."""
    write_folder(tmp_path / "toy", classes=NAMES)
    return tmp_path


def loaded(folder, **keys):
    found = data.load(make_task(folder, FOLDER | keys), 8)
    return found.class_names, np.bincount(found.train.labels).tolist(), found


@pytest.mark.parametrize(
    ("classes", "names", "counts"),
    [
        (["cat", "bee"], ("cat", "bee"), [3, 3]),
        ({"Biene": "bee", "Katze": "cat"}, ("Biene", "Katze"), [3, 3]),
        ({"a dog": ["dog", "pup"], "cat": "cat"}, ("a dog", "cat"), [6, 3]),
        ({"bee": ["bee"], "pet": ["dog", "pup", "cat"]}, ("bee", "pet"), [3, 9]),
    ],
)
def test_classes_are_chosen_renamed_and_joined(animals, classes, names, counts):
    assert loaded(animals, classes=classes)[:2] == (names, counts)


def test_classes_are_dropped_and_that_is_noted(animals):
    names, counts, found = loaded(animals, drop_classes=["pup", "bee"])
    assert (names, counts) == (("cat", "dog"), [3, 3])
    assert found.notes == ("classes that are left out: bee (3 + 2 images), pup (3 + 2 images)",)


def test_dropping_a_class_leaves_the_others_as_they_are(animals):
    _, _, whole = loaded(animals)
    _, _, less = loaded(animals, drop_classes=["bee"])
    assert (less.train.images == whole.train.images[3:]).all()


def test_a_class_without_test_images_can_be_dropped(animals):
    for file in (animals / "toy/test/pup").iterdir():
        file.unlink()
    message = refusal(make_task(animals))
    assert "class 'pup' has no test images" in message
    assert "leave out those that lack them with 'drop_classes: ['pup']'" in message
    assert loaded(animals, drop_classes=["pup"])[0] == NAMES[:3]


@pytest.mark.parametrize("keys", [{"classes": ["cat", "dgo"]}, {"drop_classes": ["dgo"]}])
def test_a_class_that_is_not_there_gets_the_nearest_one(animals, keys):
    message = refusal(make_task(animals, FOLDER | keys))
    assert "no image has the class 'dgo'; did you mean 'dog'?" in message
    assert "the classes are: bee, cat, dog, pup" in message


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"classes": ["cat"]}, "at least two classes are needed"),
        ({"classes": []}, "at least two classes are needed"),
        ({"classes": {"a": [], "b": "cat"}}, "each with a class of the data"),
        ({"classes": ["cat", 3]}, "class names are text: put 3 in quotes"),
        ({"classes": {"a": "cat", "b": ["cat", "dog"]}}, "the class 'cat' is named twice"),
        ({"classes": "cat"}, "a list of classes, or 'new name: old name' lines"),
        ({"classes": ["cat", "dog"], "drop_classes": ["bee"]}, "exclude each other"),
        ({"drop_classes": []}, "at least one value is expected"),
    ],
)
def test_classes_that_cannot_be_meant_are_refused(animals, keys, expected):
    with pytest.raises(UserError, match=expected):
        make_task(animals, FOLDER | keys)


def test_classes_of_the_mirror_can_be_chosen_too(tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    for split, first in (("train", 0), ("test", 50)):
        write_parquet(
            tmp_path / f"m/{split}.parquet", rows(4, first), [0, 1, 1, 2], ("x", "y", "z")
        )
    monkeypatch.setenv("BENCHMARK_DATA", str(tmp_path))
    found = data.load(make_task(tmp_path, {"mirror": "m", "classes": ["y", "z"]}), 8)
    assert (found.class_names, found.train.labels.tolist()) == (("y", "z"), [0, 0, 1])


def test_digits_can_be_chosen_too(tmp_path):
    keys = {"sklearn": "digits", "test_fraction": 0.4, "classes": ["3", "8"]}
    assert data.load(make_task(tmp_path, keys), 8).class_names == ("3", "8")


@pytest.mark.parametrize(
    ("train", "test", "names"),
    [
        ((False, False, True, True), (True, False), ("False", "True")),
        ((2.0, 2.0, 10.0, 10.0), (10.0, 2.0), ("2", "10")),
        (("no", "no", "b", "b"), ("b", "no"), ("b", "no")),
    ],
)
def test_labels_of_any_plain_kind_are_classes(tmp_path, train, test, names):
    assert data.load(parquet_task(tmp_path, train, test, (None, None)), 8).class_names == names


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.5])
def test_a_number_that_is_no_class_is_named_with_its_row(tmp_path, value):
    message = refusal(parquet_task(tmp_path, (0.0, 0.0, 1.0, value), (0.0, 1.0), (None, None)))
    assert "row 3 of the 4 in the training split" in message


def test_a_negative_number_is_a_class_where_no_names_say_otherwise(tmp_path):
    task = parquet_task(tmp_path, (-1, -1, 1, 1), (1, -1), (None, None))
    assert data.load(task, 8).class_names == ("-1", "1")
    assert data.load(task, 8).notes == ()


def test_a_negative_position_in_a_list_of_classes_is_no_label(tmp_path):
    message = refusal(parquet_task(tmp_path, (0, 0, 1, -1), (0, 1), (("x", "y"),) * 2))
    assert "row 3 of the 4 in the training split has no label" in message


def test_a_class_called_like_a_word_of_yaml_needs_quotes(tmp_path):
    (tmp_path / "toy.yaml").write_text(
        "title: T\nimage_size: 8\nimages_per_class: [1]\nflip: true\n"
        "data:\n  sklearn: digits\n  test_fraction: 0.4\n  classes: [yes, no]\n"
    )
    with pytest.raises(UserError, match=r"toy\.yaml:8: data\.classes: .* put true in quotes"):
        load_task("toy", tmp_path)
