import errno
import multiprocessing
import os
import time

import numpy as np
import pytest

from benchmark import files
from benchmark.errors import UserError
from benchmark.tasks import cache

KEY = files.digest({"a": 1})
ROWS = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    return tmp_path


def fill(writer, rows=ROWS):
    writer.add("rows", rows, len(rows))
    writer.add("labels", iter(np.arange(len(rows))), len(rows))
    writer.facts["name"] = "Täsk"


def stored(folder):
    return sorted(path for path in (folder / "arrays").rglob("*") if path.is_file())


def forget():
    cache._verified.clear()


def test_what_is_written_comes_back_as_read_only_maps():
    cache.make(KEY, fill)
    entry = cache.read(KEY)
    assert (entry.arrays["rows"] == ROWS).all()
    assert entry.arrays["labels"].tolist() == [0, 1, 2, 3]
    assert entry.facts == {"name": "Täsk"}
    assert isinstance(entry.arrays["rows"], np.memmap)
    assert not entry.arrays["rows"].flags.writeable


def test_an_array_is_a_file_that_numpy_reads(folder):
    cache.make(KEY, fill)
    assert (np.load(folder / "arrays" / KEY / "rows.npy") == ROWS).all()


def test_rows_may_be_numbers_and_arrays_in_any_order_of_memory():
    rows = ROWS.transpose(2, 1, 0)
    made = cache.make(KEY, lambda writer: writer.add("turned", rows, len(rows)))
    assert (made.arrays["turned"] == rows).all()


def test_what_was_not_written_is_missing():
    assert cache.read(KEY) is None


def test_an_entry_that_is_there_is_not_made_again():
    cache.make(KEY, fill)
    assert (cache.make(KEY, None).arrays["rows"] == ROWS).all()


def test_an_entry_holds_as_long_as_the_files_that_it_rests_on(tmp_path):
    image = tmp_path / "image.png"
    image.write_text("one")

    def resting(writer):
        fill(writer)
        writer.rests_on.append(image)

    cache.make(KEY, resting)
    assert cache.read(KEY) is not None
    image.write_text("two")
    assert cache.read(KEY) is None
    assert cache.make(KEY, resting)
    image.unlink()
    assert cache.read(KEY) is None


@pytest.mark.parametrize("count", [3, 5])
def test_rows_that_are_not_as_many_as_announced_are_an_error(folder, count):
    with pytest.raises(ValueError, match="zip"):
        cache.make(KEY, lambda writer: writer.add("rows", ROWS, count))
    assert stored(folder) == []


@pytest.mark.parametrize("file", [0, 1, 2])
@pytest.mark.parametrize("kept", [0, 1, 10, 100, -1, -40])
def test_a_truncated_entry_counts_as_missing(folder, file, kept):
    cache.make(KEY, fill)
    path = stored(folder)[file]
    path.write_bytes(path.read_bytes()[:kept])
    forget()
    assert cache.read(KEY) is None


@pytest.mark.parametrize("file", [0, 1, 2])
@pytest.mark.parametrize("position", [0, 30, 70, -30, -20, -2])
def test_a_changed_byte_makes_the_entry_count_as_missing(folder, file, position):
    cache.make(KEY, fill)
    path = stored(folder)[file]
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    forget()
    assert cache.read(KEY) is None


@pytest.mark.parametrize("file", [0, 1, 2])
def test_a_file_that_is_gone_makes_the_entry_count_as_missing(folder, file):
    cache.make(KEY, fill)
    stored(folder)[file].unlink()
    assert cache.read(KEY) is None


@pytest.mark.parametrize("file", [0, 1, 2])
def test_a_damaged_entry_is_made_again(folder, file):
    cache.make(KEY, fill)
    stored(folder)[file].write_bytes(b"junk")
    assert (cache.make(KEY, fill).arrays["rows"] == ROWS).all()


def test_an_entry_replaced_while_mapped_stays_readable(folder):
    old = cache.make(KEY, fill)
    (folder / "arrays" / KEY / "facts.json").unlink()
    new = cache.make(KEY, lambda writer: fill(writer, ROWS + 1))
    assert (old.arrays["rows"] == ROWS).all()
    assert (new.arrays["rows"] == ROWS + 1).all()


def test_the_checksum_is_read_once_per_process(monkeypatch):
    cache.make(KEY, fill)
    monkeypatch.setattr(cache, "_checksum", None)
    assert cache.read(KEY) is not None


def test_a_file_that_changed_after_its_check_is_checked_again(folder):
    cache.make(KEY, fill)
    labels, rows = (folder / "arrays" / KEY / f"{name}.npy" for name in ("labels", "rows"))
    rows.write_bytes(labels.read_bytes())
    assert cache.read(KEY) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("other")])
def test_an_interrupted_write_leaves_nothing_behind(folder, error):
    def interrupted(writer):
        writer.add("rows", ROWS, len(ROWS))
        raise error

    with pytest.raises(type(error)):
        cache.make(KEY, interrupted)
    assert cache.read(KEY) is None
    assert stored(folder) == []
    assert list((folder / "unfinished").iterdir()) == []


def test_a_full_disk_is_explained_and_leaves_nothing_behind(folder, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="no space left") as caught:
        cache.make(KEY, fill)
    assert "BENCHMARK_CACHE" in caught.value.mend
    assert stored(folder) == []
    assert list((folder / "unfinished").iterdir()) == []


def test_a_disk_that_forgets_what_it_was_told_is_an_error(monkeypatch):
    monkeypatch.setattr(cache, "read", lambda key: None)
    with pytest.raises(UserError, match="cannot be read back"):
        cache.make(KEY, fill)


def fill_slowly(writer):
    (writer.folder.parents[1] / f"{os.getpid()}.filled").touch()
    time.sleep(0.3)
    fill(writer)


def test_of_two_processes_that_want_one_entry_one_makes_it(folder):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=cache.make, args=(KEY, fill_slowly)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(list((folder / "unfinished").glob("*.filled"))) == 1
    assert (cache.read(KEY).arrays["rows"] == ROWS).all()
