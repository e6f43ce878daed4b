import shutil
import socket

import numpy as np
from PIL import Image
from table_fixtures import csv_task, parquet_task, write_parquet
from task_fixtures import encoded, folder_task, make_task, patch, refusal, write_folder

from benchmark.tasks import data


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


def test_parquet_in_a_folder_needs_no_list_of_files(tmp_path):
    (tmp_path / "toy").mkdir()
    parquet_task(tmp_path)
    for split in ("train", "test"):
        shutil.move(tmp_path / f"{split}.parquet", tmp_path / "toy" / f"{split}-0.parquet")
    task = make_task(tmp_path, {"load_dataset": {"path": "parquet", "data_dir": "toy"}})
    assert len(data.load(task, 8).test.labels) == 2


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
    assert f"{mirror / 'toy'}: task 'toy': test.parquet breaks off" in message


def test_a_mirrors_folder_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_DATA", str(tmp_path / "nowhere"))
    assert "BENCHMARK_DATA names a folder" in refusal(folder_task(tmp_path, mirror="toy"))


def test_a_missing_folder_is_named(tmp_path):
    assert "toy does not exist" in refusal(make_task(tmp_path))


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "toy").mkdir()
    assert "toy holds no images" in refusal(make_task(tmp_path))


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


def test_another_white_point_makes_other_pixels_of_a_mirror_too(tmp_path, mirror):
    deep = [
        Image.fromarray(np.arange(n, n + 100, dtype=np.uint16).reshape(10, 10) * 20)
        for n in range(6)
    ]
    for split, images, labels in (("train", deep[:4], [0, 0, 1, 1]), ("test", deep[4:], [0, 1])):
        cells = [{"bytes": encoded(one), "path": None} for one in images]
        write_parquet(mirror / "toy" / f"{split}.parquet", cells, labels, ("x", "y"))

    def brightest(white):
        keys = {"mirror": "toy", "white": white}
        return data.load(make_task(tmp_path, keys), 10).train.images.max()

    assert brightest(65535) < 20
    assert brightest(4095) > 100


def test_what_else_lies_beside_a_table_changes_nothing(tmp_path, cache_folder):
    task = csv_task(tmp_path)
    data.load(task, 8)
    made = {*cache_folder.rglob("*.npy")}
    (tmp_path / "toy/notes.txt").write_text("grows while the trainings run")
    data.load(task, 8)
    assert {*cache_folder.rglob("*.npy")} == made
