import errno
import multiprocessing
import os
import time

import numpy as np
import pytest

from benchmark.errors import UserError
from benchmark.tasks import cache

KEY = cache.key({"a": 1})
ROWS = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    return tmp_path


def write(rows=ROWS, key=KEY):
    with cache.new_entry(key) as writer:
        writer.add("rows", rows)
        writer.add("labels", iter(np.arange(len(rows))))
        writer.facts["name"] = "Täsk"


def stored(folder):
    (file,) = (folder / "images").iterdir()
    return file


def forget():
    cache._verified.clear()


def test_what_is_written_comes_back_as_read_only_maps():
    write()
    entry = cache.read(KEY)
    assert (entry.arrays["rows"] == ROWS).all()
    assert entry.arrays["labels"].tolist() == [0, 1, 2, 3]
    assert entry.facts == {"name": "Täsk"}
    assert isinstance(entry.arrays["rows"], np.memmap)
    assert not entry.arrays["rows"].flags.writeable


def test_what_was_not_written_is_missing():
    assert cache.read(KEY) is None


def test_keys_tell_identities_apart_whatever_their_order():
    assert cache.key({"a": 1, "b": 2}) == cache.key({"b": 2, "a": 1}) != cache.key({"a": 1})


@pytest.mark.parametrize("kept", [0, 1, 10, 100, -1, -40])
def test_a_truncated_entry_counts_as_missing(folder, kept):
    write()
    file = stored(folder)
    file.write_bytes(file.read_bytes()[:kept])
    forget()
    assert cache.read(KEY) is None


@pytest.mark.parametrize("position", [0, 30, 70, -30, -20, -2])
def test_a_changed_byte_makes_the_entry_count_as_missing(folder, position):
    write()
    file = stored(folder)
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    forget()
    assert cache.read(KEY) is None


def test_a_damaged_entry_can_be_written_again(folder):
    write()
    stored(folder).write_bytes(b"junk")
    write()
    assert (cache.read(KEY).arrays["rows"] == ROWS).all()


def test_an_entry_replaced_while_mapped_stays_readable():
    write()
    old = cache.read(KEY)
    write(ROWS + 1)
    assert (old.arrays["rows"] == ROWS).all()
    assert (cache.read(KEY).arrays["rows"] == ROWS + 1).all()


def test_the_checksum_is_read_once_per_process(monkeypatch):
    write()
    cache.read(KEY)
    monkeypatch.setattr(cache, "_checksum", None)
    assert cache.read(KEY) is not None


def interrupted_write(error):
    with cache.new_entry(KEY) as writer:
        writer.add("rows", ROWS)
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("other")])
def test_an_interrupted_write_leaves_nothing_behind(folder, error):
    with pytest.raises(type(error)):
        interrupted_write(error)
    assert cache.read(KEY) is None
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_full_disk_is_explained_and_leaves_nothing_behind(folder, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="no space left") as caught:
        write()
    assert "BENCHMARK_CACHE" in caught.value.mend
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_full_disk_is_found_behind_other_errors():
    error = RuntimeError("wrapped")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert cache.disk_error(error) is error.__cause__


def test_an_error_elsewhere_is_not_blamed_on_the_cache(folder):
    assert cache.disk_error(FileNotFoundError(errno.ENOENT, "no such file", "/elsewhere")) is None
    assert cache.disk_error(PermissionError(errno.EACCES, "denied", str(folder / "x")))


def test_a_folder_that_cannot_be_made_is_explained(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(folder / "file"))
    with pytest.raises(UserError, match="cannot write decoded images here"):
        write()


def age(folder, seconds):
    os.utime(folder, (time.time() - seconds,) * 2)


def test_what_killed_processes_left_is_removed_by_the_next_one(folder):
    for name, seconds in (("old", 300), ("new", 10)):
        left = folder / "unfinished" / name
        left.mkdir(parents=True)
        (left / "lock").touch()
        age(left, seconds)
    write()
    assert [path.name for path in (folder / "unfinished").iterdir()] == ["new"]


def test_what_a_living_process_uses_stays():
    with cache.workspace() as used:
        (used / "file").touch()
        age(used, 300)
        write()
        assert (used / "file").exists()


def test_two_processes_that_write_the_same_entry_both_end_well():
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=write) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert (cache.read(KEY).arrays["rows"] == ROWS).all()
