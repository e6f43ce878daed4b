import dataclasses
import multiprocessing
import shutil

import datasets
import numpy as np
import pytest
from PIL import Image
from table_fixtures import parquet_task, rows, write_parquet
from task_fixtures import FOLDER, files_in, folder_task, make_task, patch, refusal, write_folder

from benchmark.errors import UserError
from benchmark.tasks import data


def test_a_folder_of_images_is_a_task(tmp_path):
    loaded = data.load(folder_task(tmp_path), 8)
    assert loaded.train.images.shape == (6, 3, 8, 8)
    assert loaded.train.images.dtype == np.uint8
    assert loaded.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert loaded.test.labels.tolist() == [0, 0, 1, 1]
    assert loaded.class_names == ("a", "b")
    assert not loaded.train.images.flags.writeable


def test_pixels_are_those_of_the_files(tmp_path):
    loaded = data.load(folder_task(tmp_path), 10)
    expected = np.asarray(Image.open(tmp_path / "toy/test/a/1.png")).transpose(2, 0, 1)
    assert (loaded.test.images[1] == expected).all()


def test_mixed_modes_come_out_as_rgb(tmp_path):
    write_folder(tmp_path / "toy")
    for i, mode in enumerate(["L", "P", "RGBA", "LA", "1", "I;16"]):
        grey = patch(60 + i, mode="L")
        grey.convert(mode).save(tmp_path / f"toy/train/a/{mode[0]}{i}.png")
    patch(80, mode="CMYK").save(tmp_path / "toy/train/a/cmyk.jpg")
    task = make_task(tmp_path, FOLDER | {"white": 255})
    assert data.load(task, 8).train.images.shape == (13, 3, 8, 8)


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


def test_no_number_rests_on_test_images_that_are_training_images(tmp_path):
    loaded = data.load(folder_task(tmp_path), 8)
    assert loaded.test_that_counts.tolist() == [*range(len(loaded.test.labels))]
    assert dataclasses.replace(loaded, test_in_train=(0, 2)).test_that_counts.tolist() == [
        i for i in range(len(loaded.test.labels)) if i not in (0, 2)
    ]


def test_a_second_load_asks_datasets_for_nothing(tmp_path, monkeypatch):
    task = folder_task(tmp_path)
    first = data.load(task, 8)
    monkeypatch.setattr(datasets, "load_dataset", None)
    monkeypatch.setattr(data.images, "decode", None)
    second = data.load(task, 8)
    assert (second.train.images == first.train.images).all()
    assert (second.hash, second.source) == (first.hash, first.source)


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


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_that_is_none_is_refused(tmp_path, size):
    with pytest.raises(UserError, match="at least 1"):
        data.load(folder_task(tmp_path), size)


def test_an_unknown_interpolation_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean 'bilinear'"):
        data.load(folder_task(tmp_path), 8, "bilinaer")
