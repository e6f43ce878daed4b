import zlib

import pytest
from task_fixtures import FOLDER, make_task, patch, refusal

from benchmark.tasks import data

OWN = FOLDER | {"test_fraction": 0.5}


def images(folder, *names, count=4):
    """``count`` images for each of the names of folders below ``toy``; no two are equal."""
    for name in names:
        (folder / "toy" / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            patch(zlib.crc32(f"{name}/{i}".encode())).save(folder / "toy" / name / f"{i}.png")


def loaded(folder, keys=FOLDER):
    return data.load(make_task(folder, keys), 8)


def per_class(found):
    """Class -> training images and test images."""
    return {
        name: tuple((split.labels == i).sum() for split in (found.train, found.test))
        for i, name in enumerate(found.class_names)
    }


@pytest.mark.parametrize(
    "names",
    [
        ("train station", "train track", "bus stop"),
        ("test-a", "val.b", "training"),
        ("training set", "TEST", "x"),
        ("dev", "production", "staging"),
        (".net", "__background__", "java"),
    ],
)
def test_a_word_for_a_split_in_a_class_name_decides_nothing(tmp_path, names):
    images(tmp_path, *names)
    assert per_class(loaded(tmp_path, OWN)) == dict.fromkeys(names, (2, 2))


@pytest.mark.parametrize("word", ["train", "test", "val", "eval"])
def test_a_word_for_a_split_in_a_file_name_decides_nothing(tmp_path, word):
    images(tmp_path, "ok", "nok")
    for name in ("ok", "nok"):
        patch(len(name)).save(tmp_path / "toy" / name / f"{word}_7.png")
    assert sum(map(sum, per_class(loaded(tmp_path, OWN)).values())) == 10


@pytest.mark.parametrize(
    ("train", "test"),
    [("Train", "Test"), ("TRAIN", "TEST"), ("training", "testing"), ("Training", "eval")],
)
def test_split_folders_may_be_spelt_otherwise_and_that_is_said(tmp_path, train, test):
    images(tmp_path, f"{train}/a", f"{train}/b", f"{test}/a", f"{test}/b")
    found = loaded(tmp_path)
    assert per_class(found) == {"a": (4, 4), "b": (4, 4)}
    assert found.notes == (f"the split 'train' is {train!r}", f"the split 'test' is {test!r}")


@pytest.mark.parametrize("name", ["val", "valid", "dev", "Validation"])
def test_validation_folders_are_never_the_test(tmp_path, name):
    images(tmp_path, *(f"{split}/{c}" for split in ("train", name, "test") for c in "ab"))
    joined = FOLDER | {"train_split": "train+validation"}
    assert per_class(loaded(tmp_path, joined)) == {"a": (8, 4), "b": (8, 4)}
    alone = loaded(tmp_path)
    assert per_class(alone) == {"a": (4, 4), "b": (4, 4)}
    assert f"no split is called {name!r}" in "".join(alone.notes)


def test_validation_folders_are_offered_where_there_is_no_test(tmp_path):
    images(tmp_path, "train/a", "train/b", "val/a", "val/b")
    message = refusal(make_task(tmp_path))
    assert "the folders are: train, val; 'test_split: val' takes those images" in message
    assert per_class(loaded(tmp_path, FOLDER | {"test_split": "val"})) == {"a": (4, 4), "b": (4, 4)}


def test_of_two_folders_that_mean_one_split_neither_is_taken(tmp_path):
    images(tmp_path, *(f"{split}/{c}" for split in ("train", "val", "dev", "test") for c in "ab"))
    task = make_task(tmp_path, FOLDER | {"train_split": "train+validation"})
    assert "the split 'validation' may be any of dev, val" in refusal(task)


def test_one_folder_is_not_two_splits(tmp_path):
    images(tmp_path, "train/a", "train/b", "val/a", "val/b")
    keys = FOLDER | {"train_split": "train+val", "test_split": "validation"}
    assert "val and validation are the same split, 'val'" in refusal(make_task(tmp_path, keys))


def test_an_own_split_leaves_a_published_test_folder_alone(tmp_path):
    images(tmp_path, "Train/a", "Train/b", "Test/a", "Test/b")
    found = loaded(tmp_path, OWN)
    assert per_class(found) == {"a": (2, 2), "b": (2, 2)}
    assert "no split is called 'Test'" in "".join(found.notes)


def test_a_folder_called_train_among_folders_of_classes_is_asked_about(tmp_path):
    images(tmp_path, "train/old", "train/new", "plane/old", "plane/new")
    assert "is 'train' the training split, or" in refusal(make_task(tmp_path, OWN))
    chosen = loaded(tmp_path, OWN | {"train_split": "train"})
    assert per_class(chosen) == {"new": (2, 2), "old": (2, 2)}


def test_class_folders_without_splits_are_told_how_to_cut_a_test(tmp_path):
    images(tmp_path, "cat", "dog")
    assert "cut a test split from all images with 'test_fraction" in refusal(make_task(tmp_path))


@pytest.mark.parametrize("keys", [FOLDER, OWN])
def test_splits_without_class_folders_are_said(tmp_path, keys):
    images(tmp_path, "train", "test")
    message = refusal(make_task(tmp_path, keys))
    assert "the images in 'train' lie in no class folders" in message


def test_a_test_folder_without_class_folders_is_said(tmp_path):
    images(tmp_path, "train/a", "train/b", "Test")
    message = refusal(make_task(tmp_path))
    assert "the images in 'Test' lie in no class folders" in message
    assert "'test_fraction'" in message
    assert "no split is called 'Test'" in "".join(loaded(tmp_path, OWN).notes)


def test_a_split_folder_without_images_is_said(tmp_path):
    images(tmp_path, "train/a", "train/b")
    (tmp_path / "toy/test/a").mkdir(parents=True)
    (tmp_path / "toy/test/a.zip").write_bytes(b"PK")
    assert "the folder 'test' holds no images" in refusal(make_task(tmp_path))


@pytest.mark.parametrize("keys", [FOLDER, OWN])
def test_a_folder_around_everything_is_to_be_named(tmp_path, keys):
    images(tmp_path, "all/train/a", "all/train/b", "all/test/a", "all/test/b")
    assert "all images lie in 'all'" in refusal(make_task(tmp_path, keys))
    inner = {"load_dataset": {"path": "imagefolder", "data_dir": "toy/all"}}
    assert per_class(loaded(tmp_path, inner)) == {"a": (4, 4), "b": (4, 4)}


NESTED = [f"{split}/{kind}" for split in ("train", "test") for kind in ("x/ok", "x/bad", "y/ok")]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("path", {"x/bad": (4, 4), "x/ok": (4, 4), "y/ok": (4, 4)}),
        ("leaf", {"bad": (4, 4), "ok": (8, 8)}),
        ("top", {"x": (8, 8), "y": (4, 4)}),
    ],
)
def test_nested_class_folders_are_named_as_the_yaml_says(tmp_path, label, expected):
    images(tmp_path, *NESTED)
    assert per_class(loaded(tmp_path, FOLDER | {"label": label})) == expected


def test_nested_class_folders_are_not_joined_without_a_word(tmp_path):
    images(tmp_path, *NESTED)
    message = refusal(make_task(tmp_path))
    assert "class folders hold folders: x/bad, x/ok, y/ok" in message
    assert "'label: path'" in message


def test_splits_inside_of_classes_are_read_by_patterns(tmp_path):
    images(tmp_path, "cat/train", "cat/test", "dog/train", "dog/test")
    assert "set 'label: top'" in refusal(make_task(tmp_path, OWN))
    files = {"train": "*/train/*", "test": "*/test/*"}
    keys = {"load_dataset": FOLDER["load_dataset"] | {"data_files": files}, "label": "top"}
    assert per_class(loaded(tmp_path, keys)) == {"cat": (4, 4), "dog": (4, 4)}


def by_pattern(**files):
    return {"load_dataset": FOLDER["load_dataset"] | {"data_files": files}}


def test_a_pattern_that_joins_folders_of_one_name_is_asked_about(tmp_path):
    images(tmp_path, "x/ok", "x/bad", "y/ok")
    keys = by_pattern(train="*/*/*") | {"test_fraction": 0.5}
    message = refusal(make_task(tmp_path, keys))
    assert "2 folders that 'toy/*/*/*' matches are called 'ok': toy/x/ok, toy/y/ok" in message
    joined = per_class(loaded(tmp_path, keys | {"label": "leaf"}))
    assert joined == {"bad": (2, 2), "ok": (4, 4)}


def test_images_that_no_pattern_matches_are_listed(tmp_path):
    images(tmp_path, "a", "b", "c")
    found = loaded(tmp_path, by_pattern(train=["a/*", "b/*"]) | {"test_fraction": 0.5})
    assert "4 .png files in toy/c/" in "".join(found.notes)
    assert "matched by no pattern" in "".join(found.notes)


def test_a_file_in_both_splits_is_refused(tmp_path):
    images(tmp_path, "a", "b")
    task = make_task(tmp_path, by_pattern(train="*/*", test="*/[01].png"))
    assert "4 files are training and test images at once, such as toy/a/0.png" in refusal(task)


@pytest.mark.parametrize("place", ["toy/stray.png", "toy/train/stray.png"])
def test_an_image_outside_of_the_class_folders_is_no_class(tmp_path, place):
    images(tmp_path, "train/a", "train/b", "test/a", "test/b")
    patch(1).save(tmp_path / place)
    found = loaded(tmp_path)
    assert per_class(found) == {"a": (4, 4), "b": (4, 4)}
    assert "not used: stray.png" in found.notes[0]


@pytest.mark.parametrize("ending", ["heic", "npy", "tga", "svg", "dcm", "NEF"])
def test_a_class_in_a_format_that_is_not_read_is_not_lost(tmp_path, ending):
    images(tmp_path, "a", "b")
    (tmp_path / "toy/c").mkdir()
    (tmp_path / f"toy/c/1.{ending}").write_bytes(b"x")
    message = refusal(make_task(tmp_path, OWN))
    assert f"no file in toy/c/ is in an image format that is read: 1.{ending}" in message


def test_a_class_of_images_without_an_ending_is_not_lost(tmp_path):
    images(tmp_path, "a", "b", "c")
    for i in range(4):
        (tmp_path / f"toy/c/{i}.png").rename(tmp_path / f"toy/c/{i}")
    assert "no file in toy/c/" in refusal(make_task(tmp_path, OWN))


def test_other_files_and_empty_folders_are_listed(tmp_path):
    images(tmp_path, "a", "b")
    (tmp_path / "toy/a/notes.txt").write_text("x")
    (tmp_path / "toy/empty").mkdir()
    notes = loaded(tmp_path, OWN).notes
    assert "not used: notes.txt in toy/a/: in no image format that is read" in notes
    assert "not used: empty in toy/: an empty folder" in notes


def test_classes_that_look_alike_get_a_note(tmp_path):
    images(tmp_path, "red apple", "Apple red", "pear")
    (note,) = loaded(tmp_path, OWN).notes
    assert note.startswith("are 'Apple red' and 'red apple' one class?")


def test_a_class_in_another_letter_case_in_the_test_split_is_said(tmp_path):
    images(tmp_path, "train/Cat", "train/dog", "test/cat", "test/dog")
    message = refusal(make_task(tmp_path))
    assert "if 'Cat' and 'cat' are one class, join them with 'classes'" in message


def test_names_that_are_no_text_are_spelt_out(tmp_path):
    images(tmp_path, "a", "b")
    name = b"\xff\x1b[31m.txt".decode("utf-8", "surrogateescape")
    (tmp_path / "toy/a" / name).write_text("x")
    assert loaded(tmp_path, OWN).notes[0].startswith(r"not used: \udcff\x1b[31m.txt in toy/a/")
