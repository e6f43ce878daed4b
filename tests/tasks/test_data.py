import functools
import hashlib
import http.server
import multiprocessing
import shutil
import socket
import threading
import time

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from task_fixtures import FOLDER, encoded, make_task, patch, write_folder

from benchmark.errors import UserError
from benchmark.tasks import data, raw
from benchmark.tasks.sources import remote
from benchmark.tasks.sources.base import UnavailableError

CSV = {
    "load_dataset": {
        "path": "csv",
        "data_files": {"train": "toy/train.csv", "test": "toy/test.csv"},
    },
    "image_column": "file",
    "label_column": "kind",
}
PARQUET = {
    "load_dataset": {
        "path": "parquet",
        "data_files": {"train": "train.parquet", "test": "test.parquet"},
    }
}
DIGITS = {"sklearn": "digits", "test_fraction": 0.4}


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("BENCHMARK_CACHE", str(folder))
    monkeypatch.delenv("BENCHMARK_DATA", raising=False)
    return folder


def refusal(task):
    with pytest.raises(UserError) as caught:
        data.load(task, 8)
    return str(caught.value)


def files_in(cache_folder):
    """All files but the locks, which are empty and stay."""
    locks = cache_folder / "locks"
    return [p for p in cache_folder.rglob("*") if p.is_file() and p.parent != locks]


def folder_task(folder, **data_keys):
    write_folder(folder / "toy")
    return make_task(folder, FOLDER | data_keys)


def rows(count, first=0):
    return [{"bytes": encoded(patch(first + i)), "path": f"p/{i}.png"} for i in range(count)]


def write_parquet(file, images, labels, names=None):
    plain = "string" if isinstance(labels[0], str) else "int64"
    label = datasets.ClassLabel(names=names) if names else datasets.Value(plain)
    features = datasets.Features({"image": datasets.Image(), "label": label})
    table = datasets.Dataset.from_dict({"image": images, "label": labels}, features=features)
    table.to_parquet(str(file))


def parquet_task(folder, train=(0, 0, 1, 1), test=(0, 1), names=(("a", "b"), ("a", "b"))):
    write_parquet(folder / "train.parquet", rows(4), list(train), names[0])
    write_parquet(folder / "test.parquet", rows(2, 50), list(test), names[1])
    return make_task(folder, PARQUET)


def csv_task(folder, train="train/a/0.png,a\ntrain/b/0.png,b\n", **data_keys):
    write_folder(folder / "toy")
    (folder / "toy" / "train.csv").write_text("file,kind\n" + train)
    (folder / "toy" / "test.csv").write_text("file,kind\ntest/a/0.png,a\ntest/b/0.png,b\n")
    return make_task(folder, CSV | data_keys)


# What comes out


def test_a_folder_of_images_is_a_task(tmp_path):
    loaded = data.load(folder_task(tmp_path), 8)
    assert loaded.train.images.shape == (6, 3, 8, 8)
    assert loaded.train.images.dtype == np.uint8
    assert loaded.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert loaded.test.labels.tolist() == [0, 0, 1, 1]
    assert loaded.class_names == ("a", "b")
    assert not loaded.train.images.flags.writeable


def test_digits_have_a_hundred_training_images_of_each_class(tmp_path):
    loaded = data.load(make_task(tmp_path, DIGITS), 32)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (1078, 719)
    assert np.bincount(loaded.train.labels).min() >= 100
    assert loaded.train.images.min() == 0
    assert loaded.train.images.max() == 255
    assert loaded.source == "scikit-learn: digits"


def test_pixels_are_those_of_the_files(tmp_path):
    loaded = data.load(folder_task(tmp_path), 10)
    expected = np.asarray(Image.open(tmp_path / "toy/test/a/1.png")).transpose(2, 0, 1)
    assert (loaded.test.images[1] == expected).all()


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


def test_a_csv_names_files_relative_to_itself(tmp_path):
    loaded = data.load(csv_task(tmp_path), 10)
    expected = np.asarray(Image.open(tmp_path / "toy/train/b/0.png")).transpose(2, 0, 1)
    assert (loaded.train.images[1] == expected).all()
    assert loaded.source == "csv: toy/test.csv, toy/train.csv"


def test_an_imagefolder_may_bring_metadata(tmp_path):
    write_folder(tmp_path / "toy")
    for split in ("train", "test"):
        lines = [f"{name}/0.png,kind {name}" for name in "ab"]
        text = "\n".join(["file_name,label", *lines]) + "\n"
        (tmp_path / "toy" / split / "metadata.csv").write_text(text)
    assert data.load(make_task(tmp_path), 8).class_names == ("kind a", "kind b")


def test_classes_may_be_named_like_splits(tmp_path):
    write_folder(tmp_path / "toy", classes=("train", "test"))
    assert data.load(make_task(tmp_path), 8).train.labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_odd_file_names_and_other_files_do_no_harm(tmp_path):
    folder = tmp_path / "with [brackets] *"
    folder.mkdir()
    write_folder(folder / "toy")
    (folder / "toy/train/a/é [1]*.JPG").write_bytes(encoded(patch(99), "JPEG"))
    (folder / "toy/train/a/notes.txt").write_text("not an image")
    assert len(data.load(make_task(folder), 8).train.labels) == 7


def test_splits_can_be_joined_and_named(tmp_path):
    write_folder(tmp_path / "toy")
    shutil.move(tmp_path / "toy/test", tmp_path / "toy/validation")
    write_folder(tmp_path / "toy", train=0)
    task = make_task(tmp_path, FOLDER | {"train_split": "train+validation"})
    assert len(data.load(task, 8).train.labels) == 6 + 4


def test_local_data_are_loaded_without_asking_any_server(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        asked.append(arguments)
        raise OSError("no network")

    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    data.load(csv_task(tmp_path), 8)
    data.load(make_task(tmp_path), 8)
    assert asked == []


def test_mixed_modes_come_out_as_rgb(tmp_path):
    write_folder(tmp_path / "toy")
    for i, mode in enumerate(["L", "P", "RGBA", "LA", "1", "I;16"]):
        grey = patch(60 + i, mode="L")
        grey.convert(mode).save(tmp_path / f"toy/train/a/{mode[0]}{i}.png")
    patch(80, mode="CMYK").save(tmp_path / "toy/train/a/cmyk.jpg")
    assert data.load(make_task(tmp_path), 8).train.images.shape == (13, 3, 8, 8)


# Own test split


def test_the_own_split_takes_the_share_of_each_class(tmp_path):
    write_folder(tmp_path / "toy", train=10, test=0)
    task = make_task(tmp_path, FOLDER | {"test_fraction": 0.3})
    loaded = data.load(task, 8)
    assert np.bincount(loaded.test.labels).tolist() == [3, 3]
    assert np.bincount(loaded.train.labels).tolist() == [7, 7]
    assert loaded.test_in_train == ()


def test_the_own_split_is_the_same_everywhere():
    labels = np.array([0] * 6 + [1] * 4)
    whole = raw.RawSplit(labels, lambda i: i)
    train, test = raw.own_split(whole, 0.4, seed=0)
    assert [test.picture(i) for i in range(len(test.labels))] == [3, 4, 7, 9]
    assert sorted(train.picture(i) for i in range(len(train.labels))) == [0, 1, 2, 5, 6, 8]


def test_another_seed_gives_another_split():
    whole = raw.RawSplit(np.zeros(50, np.int64), lambda i: i)
    first, second = (raw.own_split(whole, 0.5, seed)[1] for seed in (0, 1))
    assert [first.picture(i) for i in range(25)] != [second.picture(i) for i in range(25)]


# Hash and duplicates


def test_the_hash_does_not_depend_on_size_or_interpolation(tmp_path):
    task = folder_task(tmp_path)
    assert data.load(task, 8).hash == data.load(task, 16, "bicubic").hash


def test_the_hash_tells_pixels_and_labels_apart(tmp_path):
    task = parquet_task(tmp_path)
    hashes = {data.load(task, 8).hash}
    for labels in [(0, 1, 1, 1), (0, 1, 0, 1)]:
        write_parquet(tmp_path / "train.parquet", rows(4), labels, ("a", "b"))
        hashes.add(data.load(task, 8).hash)
    write_parquet(tmp_path / "train.parquet", rows(4, 1), labels, ("a", "b"))
    hashes.add(data.load(task, 8).hash)
    assert len(hashes) == 4


def test_test_images_that_are_training_images_are_listed(tmp_path):
    task = folder_task(tmp_path)
    shutil.copy(tmp_path / "toy/train/a/0.png", tmp_path / "toy/test/b/1.png")
    assert data.load(task, 8).test_in_train == (3,)


# Cache


def test_a_second_load_asks_datasets_for_nothing(tmp_path, monkeypatch):
    task = folder_task(tmp_path)
    first = data.load(task, 8)
    monkeypatch.setattr(datasets, "load_dataset", None)
    monkeypatch.setattr(data.images, "decode", None)
    second = data.load(task, 8)
    assert (second.train.images == first.train.images).all()
    assert (second.hash, second.source) == (first.hash, first.source)


def test_a_changed_image_is_decoded_anew(tmp_path):
    task = folder_task(tmp_path)
    first = data.load(task, 8).hash
    patch(1234).save(tmp_path / "toy/train/a/0.png")
    assert data.load(task, 8).hash != first


def test_an_added_image_is_seen(tmp_path):
    task = folder_task(tmp_path)
    data.load(task, 8)
    patch(1234).save(tmp_path / "toy/train/a/new.png")
    assert len(data.load(task, 8).train.labels) == 7


def test_an_image_that_a_csv_names_is_decoded_anew_when_it_changes(tmp_path):
    task = csv_task(tmp_path)
    first = data.load(task, 8).hash
    patch(1234).save(tmp_path / "toy/train/a/0.png")
    assert data.load(task, 8).hash != first


def test_a_damaged_cache_is_mended(tmp_path, cache_folder):
    task = folder_task(tmp_path)
    first = np.array(data.load(task, 8).train.images)
    (pixels,) = (cache_folder / "arrays").glob("*/train.images.npy")
    pixels.write_bytes(pixels.read_bytes()[:-100])
    assert (data.load(task, 8).train.images == first).all()


def test_nothing_temporary_stays_in_the_cache(tmp_path, cache_folder):
    data.load(folder_task(tmp_path), 8)
    (entry,) = (cache_folder / "arrays").iterdir()
    assert set(files_in(cache_folder)) == set(entry.iterdir())


def test_two_processes_may_load_at_once(tmp_path):
    task = folder_task(tmp_path)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=data.load, args=(task, 8)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(data.load(task, 8).train.labels) == 6


def test_a_cache_that_cannot_be_written_is_explained(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "file"))
    assert "set BENCHMARK_CACHE" in refusal(folder_task(tmp_path))


# Mirrors


@pytest.fixture
def mirror(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("mirrors")
    monkeypatch.setenv("BENCHMARK_DATA", str(folder))
    (folder / "toy").mkdir()
    write_parquet(folder / "toy" / "train.parquet", rows(4), [0, 0, 1, 1], ("x", "y"))
    write_parquet(folder / "toy" / "test.parquet", rows(2, 50), [0, 1], ("x", "y"))
    return folder


def test_the_mirror_is_used_where_it_is_found(tmp_path, mirror):
    loaded = data.load(folder_task(tmp_path, mirror="toy", image_column="other"), 8)
    assert (loaded.source, loaded.class_names) == ("mirror: toy parquet", ("x", "y"))


def test_the_other_source_is_used_where_there_is_no_mirror(tmp_path, mirror):
    loaded = data.load(folder_task(tmp_path, mirror="elsewhere"), 8)
    assert (loaded.source, loaded.class_names) == ("imagefolder: toy", ("a", "b"))


def test_a_mirror_may_consist_of_links(tmp_path, mirror):
    (mirror / "toy" / "test.parquet").rename(tmp_path / "moved.parquet")
    (mirror / "toy" / "test.parquet").symlink_to(tmp_path / "moved.parquet")
    assert data.load(make_task(tmp_path, {"mirror": "toy"}), 8).class_names == ("x", "y")


def test_half_a_mirror_is_an_error(tmp_path, mirror):
    (mirror / "toy" / "test.parquet").unlink()
    assert "test.parquet does not exist" in refusal(make_task(tmp_path, {"mirror": "toy"}))


def test_a_damaged_mirror_is_named(tmp_path, mirror):
    (mirror / "toy" / "test.parquet").write_bytes(b"PAR1 not really")
    message = refusal(make_task(tmp_path, {"mirror": "toy"}))
    assert "toy: test.parquet cannot be loaded" in message


def test_a_mirrors_folder_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_DATA", str(tmp_path / "nowhere"))
    assert "BENCHMARK_DATA names a folder" in refusal(folder_task(tmp_path, mirror="toy"))


def test_a_task_with_a_mirror_only_says_how_to_get_it(tmp_path):
    assert "set BENCHMARK_DATA" in refusal(make_task(tmp_path, {"mirror": "toy"}))


# Faulty data


def test_a_missing_folder_is_named(tmp_path):
    assert "toy does not exist" in refusal(make_task(tmp_path))


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "toy").mkdir()
    assert "toy cannot be loaded" in refusal(make_task(tmp_path))


def test_a_missing_test_split_is_named_with_the_splits_there_are(tmp_path):
    write_folder(tmp_path / "toy", test=0)
    message = refusal(make_task(tmp_path))
    assert "there is no split 'test'" in message
    assert "the splits are: train" in message


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
    assert "holds float64" in refusal(csv_task(tmp_path, "train/a/0.png,0.5\ntrain/b/0.png,1.5\n"))


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
    assert "row 1 of the 2 in the training split has no label" in message


def test_a_label_beyond_the_classes_is_named(tmp_path):
    task = parquet_task(tmp_path)
    table = pq.read_table(tmp_path / "test.parquet")
    beyond = pa.array([0, 2], pa.int64())
    pq.write_table(table.set_column(1, table.schema.field(1), beyond), tmp_path / "test.parquet")
    assert "row 1 of the 2 in the test split has a label beyond the 2 classes" in refusal(task)


def test_splits_of_different_kinds_cannot_be_joined(tmp_path):
    parquet_task(tmp_path, names=(("a", "b"), None))
    task = make_task(tmp_path, PARQUET | {"train_split": "train+test"})
    assert "the splits train+test cannot be joined" in refusal(task)


def test_parquet_in_a_folder_needs_no_list_of_files(tmp_path):
    (tmp_path / "toy").mkdir()
    parquet_task(tmp_path)
    for split in ("train", "test"):
        shutil.move(tmp_path / f"{split}.parquet", tmp_path / "toy" / f"{split}-0.parquet")
    task = make_task(tmp_path, {"load_dataset": {"path": "parquet", "data_dir": "toy"}})
    assert len(data.load(task, 8).test.labels) == 2


def test_a_label_that_is_empty_text_is_missing(tmp_path):
    message = refusal(csv_task(tmp_path, "train/a/0.png,a\ntrain/b/0.png,\n"))
    assert "row 1 of the 2 in the training split has no label" in message


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


def test_a_class_without_any_image_is_named(tmp_path):
    names = ("a", "b", "ghost")
    message = refusal(parquet_task(tmp_path, names=(names, names)))
    assert "class 'ghost' has no training images" in message


def test_one_class_is_too_few(tmp_path):
    write_folder(tmp_path / "toy", classes=("only",))
    assert "fewer than two classes: only" in refusal(make_task(tmp_path))


@pytest.mark.parametrize("kept", [0, 60])
def test_an_unreadable_image_is_named_with_its_file_task_and_split(tmp_path, cache_folder, kept):
    task = folder_task(tmp_path)
    file = tmp_path / "toy/test/b/0.png"
    file.write_bytes(file.read_bytes()[:kept])
    message = refusal(task)
    assert "task 'toy', test split, toy/test/b/0.png: this image cannot be read" in message
    assert files_in(cache_folder) == []


def test_all_unreadable_images_of_a_split_are_named_at_once(tmp_path):
    task = folder_task(tmp_path)
    for name in ("a/0.png", "a/2.png", "b/1.png"):
        (tmp_path / "toy/train" / name).write_bytes(b"junk")
    message = refusal(task)
    assert "3 images cannot be used" in message
    assert all(f"toy/train/{name}: " in message for name in ("a/0.png", "a/2.png", "b/1.png"))


def test_an_unreadable_image_in_parquet_is_named_with_its_row_and_path(tmp_path):
    task = parquet_task(tmp_path)
    images = [*rows(3), {"bytes": b"junk", "path": "p/bad.png"}]
    write_parquet(tmp_path / "train.parquet", images, [0, 0, 1, 1], ("a", "b"))
    assert "train split, row 3 (p/bad.png): this image cannot be read" in refusal(task)


def test_an_image_that_a_csv_names_but_is_missing_is_named(tmp_path):
    message = refusal(csv_task(tmp_path, "train/a/77.png,a\ntrain/b/0.png,b\n"))
    assert "toy/train/a/77.png: this image cannot be read: No such file" in message


@pytest.mark.parametrize("content", ["", "file,kind\n", "\udcff"])
def test_a_csv_without_rows_is_named(tmp_path, content):
    task = csv_task(tmp_path)
    (tmp_path / "toy/train.csv").write_text(content, errors="surrogateescape")
    assert "toy/train.csv cannot be loaded" in refusal(task)


# Staying inside


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(tmp_path):
    (tmp_path / "tasks").mkdir()
    write_folder(tmp_path / "elsewhere")
    (tmp_path / "tasks" / "toy").symlink_to(tmp_path / "elsewhere")
    assert "toy leads out of the task's folder" in refusal(make_task(tmp_path / "tasks"))


def test_a_link_to_nowhere_is_an_error(tmp_path):
    task = folder_task(tmp_path)
    (tmp_path / "toy/train/a/9.png").symlink_to(tmp_path / "toy/train/a/gone.png")
    assert "toy/train/a/9.png is a link to nothing" in refusal(task)


def test_an_image_that_is_a_link_to_elsewhere_is_refused(tmp_path):
    (tmp_path / "tasks").mkdir()
    task = folder_task(tmp_path / "tasks")
    patch(0).save(tmp_path / "secret.png")
    (tmp_path / "tasks/toy/train/a/9.png").symlink_to(tmp_path / "secret.png")
    assert "toy/train/a/9.png leads out" in refusal(task)


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


# Archives and the hub


class Quiet(http.server.SimpleHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        super().do_GET()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path_factory):
    """A loopback server: its folder and its address."""
    folder = tmp_path_factory.mktemp("www")
    Quiet.requests = 0
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


ARCHIVED = {
    "load_dataset": {
        "path": "imagefolder",
        "data_files": {"train": ["*/train/*/*", "*/val/*/*"], "test": "*/test/*/*"},
    }
}


def archive_task(folder, www, address):
    write_folder(www / "pack" / "repository-0123abc")
    write_folder(www / "pack" / "repository-0123abc" / "val", test=0)
    shutil.move(www / "pack/repository-0123abc/val/train", www / "pack/repository-0123abc/v")
    (www / "pack/repository-0123abc/val").rmdir()
    shutil.move(www / "pack/repository-0123abc/v", www / "pack/repository-0123abc/val")
    shutil.make_archive(str(www / "toy"), "zip", www / "pack")
    return make_task(folder, ARCHIVED | {"archive": f"{address}/toy.zip"})


def test_an_archive_is_downloaded_once_and_unpacked(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    loaded = data.load(task, 8)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (12, 4)
    assert loaded.class_names == ("a", "b")
    assert loaded.source == f"archive: {task.data.archive}"
    assert data.load(task, 16).hash == loaded.hash
    assert Quiet.requests == 1
    assert list((cache_folder / "unfinished").iterdir()) == []


def test_a_file_that_is_no_archive_is_an_error_and_is_not_kept(tmp_path, server, cache_folder):
    www, address = server
    (www / "toy.zip").write_text("<html>sorry</html>")
    task = make_task(tmp_path, ARCHIVED | {"archive": f"{address}/toy.zip"})
    assert "is not a whole zip file" in refusal(task)
    assert list((cache_folder / "downloads").iterdir()) == []


def test_a_folder_that_the_archive_lacks_is_named(tmp_path, server):
    task = archive_task(tmp_path, *server)
    lacking = {"path": "imagefolder", "data_dir": "lacking"}
    task = make_task(tmp_path, {"load_dataset": lacking, "archive": task.data.archive})
    message = refusal(task)
    assert "lacking does not exist" in message
    assert "relative to the top of the archive" in message


def test_a_missing_archive_is_an_error_that_names_the_address(tmp_path, server):
    address = f"{server[1]}/nothing.zip"
    message = refusal(make_task(tmp_path, ARCHIVED | {"archive": address}))
    assert address in message
    assert "404" in message


def test_a_damaged_archive_is_an_error_and_is_not_kept(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    content = bytearray((server[0] / "toy.zip").read_bytes())
    content[200:400] = bytes(200)
    (server[0] / "toy.zip").write_bytes(content)
    assert "is not a whole zip file" in refusal(task)
    assert list((cache_folder / "downloads").iterdir()) == []


def test_an_archive_that_breaks_off_is_not_kept(tmp_path, server, cache_folder, monkeypatch):
    def short(self, source, target):
        target.write(source.read(1000))

    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(Quiet, "copyfile", short)
    assert "cannot be reached: IncompleteRead(1000 bytes read, " in refusal(task)
    assert files_in(cache_folder) == []


def test_a_download_that_broke_off_starts_again(tmp_path, server):
    task = archive_task(tmp_path, *server)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Quiet, "copyfile", lambda self, source, target: None)
        refusal(task)
    assert len(data.load(task, 8).train.labels) == 12


def test_a_server_that_says_nothing_is_not_waited_for_long(tmp_path, server, monkeypatch):
    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(Quiet, "do_GET", lambda self: time.sleep(1))
    monkeypatch.setattr(remote, "_SECONDS", 0.2)
    with pytest.raises(UnavailableError, match="cannot be reached: timed out"):
        data.load(task, 8)


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pinned(task, digits):
    keys = ARCHIVED | {"archive": task.data.archive, "sha256": digits}
    return make_task(task.folder, keys)


def test_an_archive_that_is_the_pinned_one_is_used(tmp_path, server, caplog):
    task = pinned(archive_task(tmp_path, *server), sha256(server[0] / "toy.zip").upper())
    assert len(data.load(task, 8).train.labels) == 12
    assert caplog.messages == []


def test_another_archive_than_the_pinned_one_is_refused(tmp_path, server, cache_folder):
    task = pinned(archive_task(tmp_path, *server), "0" * 64)
    found = sha256(server[0] / "toy.zip")
    message = refusal(task)
    assert f"expected SHA-256 {'0' * 64}, found {found}" in message
    assert f"pin it with 'sha256: {found}'" in message
    assert files_in(cache_folder) == []


def test_a_kept_archive_is_held_against_a_pin_that_is_set_later(tmp_path, server):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    data.load(pinned(task, sha256(server[0] / "toy.zip")), 8)
    assert Quiet.requests == 1


def test_a_refused_archive_leaves_the_kept_one(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    before = files_in(cache_folder)
    assert "is not the file that is pinned" in refusal(pinned(task, "0" * 64))
    assert Quiet.requests == 2
    assert files_in(cache_folder) == before


def test_the_pinned_archive_takes_the_place_of_another_one(tmp_path, server):
    task = archive_task(tmp_path, *server)
    first = data.load(task, 8).hash
    patch(999).save(server[0] / "pack/repository-0123abc/train/a/0.png")
    shutil.make_archive(str(server[0] / "toy"), "zip", server[0] / "pack")
    assert data.load(pinned(task, sha256(server[0] / "toy.zip")), 8).hash != first


def test_an_archive_without_a_pin_says_once_how_to_pin_it(tmp_path, server, caplog):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    data.load(task, 16)
    (message,) = caplog.messages
    assert message.startswith(task.data.archive)
    assert f"pin it with 'sha256: {sha256(server[0] / 'toy.zip')}'" in message


def test_a_download_off_a_terminal_prints_nothing(tmp_path, server, capfd):
    data.load(pinned(archive_task(tmp_path, *server), sha256(server[0] / "toy.zip")), 8)
    assert capfd.readouterr() == ("", "")


REMOTE = {
    "archive": ARCHIVED | {"archive": "http://127.0.0.1:9/x.zip"},
    "hub": {"load_dataset": {"path": "organisation/name", "revision": "0123abc"}},
}


@pytest.mark.parametrize("kind", REMOTE)
def test_what_cannot_be_reached_is_said_quickly_with_the_mend(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    task = make_task(tmp_path, REMOTE[kind] | {"mirror": "toy"})
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="cannot be reached: Connection refused") as caught:
        data.load(task, 8)
    assert "set BENCHMARK_DATA to a folder with toy/train.parquet" in caught.value.mend
    assert time.monotonic() - start < 5


def test_the_hub_is_asked_for_the_pinned_revision(tmp_path, server, monkeypatch):
    asked = {}

    def load_dataset(path, **arguments):
        asked.update(arguments, path=path)
        features = datasets.Features(
            {"img": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])}
        )
        content = {"img": rows(4), "label": [0, 1, 0, 1]}
        table = datasets.Dataset.from_dict(content, features=features)
        return datasets.DatasetDict({"train": table, "test": table, "unlabelled": table})

    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server[1])
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    source = {"path": "organisation/name", "name": "plain", "revision": "0123abc"}
    loaded = data.load(make_task(tmp_path, {"load_dataset": source, "image_column": "img"}), 8)
    assert source.items() <= asked.items()
    assert loaded.source == "hub: organisation/name@0123abc"
    assert loaded.test_in_train == (0, 1, 2, 3)


# Arguments


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_that_is_none_is_refused(tmp_path, size):
    with pytest.raises(UserError, match="at least 1"):
        data.load(folder_task(tmp_path), size)


def test_an_unknown_interpolation_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean 'bilinear'"):
        data.load(folder_task(tmp_path), 8, "bilinaer")
