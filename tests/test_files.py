import fcntl
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from benchmark import files
from benchmark.errors import UserError


def test_a_file_is_what_was_written_and_its_folder_is_made(tmp_path):
    file = tmp_path / "new" / "page.md"
    files.write(file, "N\u2217 \u2265 4")
    assert file.read_bytes() == "N\u2217 \u2265 4".encode()
    files.write(file, b"\x00\xff")
    assert file.read_bytes() == b"\x00\xff"
    assert list(file.parent.iterdir()) == [file]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "page.md"
    files.write(file, "old")
    with files.replacing(file) as temporary:
        temporary.write_text("ne")
        assert file.read_text() == "old"
        temporary.write_text("new")
    assert file.read_text() == "new"


@pytest.mark.parametrize("before", [None, "old"])
def test_a_failure_leaves_what_was_there_and_no_temporary_file(tmp_path, before):
    file = tmp_path / "page.md"
    if before is not None:
        files.write(file, before)

    def fail():
        with files.replacing(file) as temporary:
            temporary.write_text("half")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_a_folder_in_the_way_stays_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "page.md" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"page\.md"):
        files.write(tmp_path / "page.md", "text")
    assert [path.name for path in tmp_path.rglob("*")] == ["page.md", "inside"]


def test_equal_values_have_equal_digests_in_whatever_order_their_keys_come():
    one = {"rate": 0.1, "steps": {"a": 1, "b": [1, 2]}}
    other = {"steps": {"b": [1, 2], "a": 1}, "rate": 0.1}
    assert files.digest(one) == files.digest(other)
    assert len(files.digest(one)) == 64


@pytest.mark.parametrize("other", [{"a": [2, 1]}, {"a": [1, 2, 3]}, {"b": [1, 2]}, {"a": ["1", 2]}])
def test_other_values_have_other_digests(other):
    assert files.digest({"a": [1, 2]}) != files.digest(other)


MEND = "choose another folder"


def test_a_folder_is_made_and_tried_and_nothing_is_left_in_it(tmp_path):
    files.prepare(tmp_path / "new" / "folder", mend=MEND)
    assert list((tmp_path / "new" / "folder").iterdir()) == []


@pytest.mark.parametrize("path", ["file", "file/below", "a" * 300, "nul\0"])
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write here") as caught:
        files.prepare(tmp_path / path, mend=MEND)
    assert caught.value.mend == MEND


def test_a_file_system_that_is_read_only_is_one_sentence():
    with pytest.raises(UserError, match="cannot write here"):
        files.prepare(Path("/proc/self/task"), mend=MEND)


def dead_process():
    with subprocess.Popen(["true"]) as process:
        return process.pid


@pytest.mark.parametrize("name", [".page.md.{}.tmp", ".n0001-s0.json.{}-17.tmp", "...{}.tmp"])
def test_what_a_killed_process_left_is_cleared(tmp_path, name):
    left = tmp_path / name.format(dead_process())
    left.write_text("ha")
    files.prepare(tmp_path, mend=MEND)
    assert not left.exists()


def test_what_a_living_process_writes_stays(tmp_path):
    mine = tmp_path / f".page.md.{os.getpid()}.tmp"
    mine.write_text("ha")
    files.prepare(tmp_path, mend=MEND)
    assert mine.exists()


def test_what_is_written_from_another_machine_stays(tmp_path):
    theirs = tmp_path / f".page.md.{dead_process()}-5.tmp"
    with theirs.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.prepare(tmp_path, mend=MEND)
        assert theirs.exists()
    files.prepare(tmp_path, mend=MEND)
    assert not theirs.exists()


def test_files_of_other_programs_stay(tmp_path):
    for name in (".hidden", "notes.tmp", ".x.tmp", f".x.{10**30}.tmp.txt"):
        (tmp_path / name).write_text("mine")
    files.prepare(tmp_path, mend=MEND)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_writer_holds_its_temporary_file_until_it_is_whole(tmp_path):
    with files.replacing(tmp_path / "page.md") as temporary, temporary.open("rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert str(os.getpid()) in temporary.name


def test_two_threads_may_write_one_file(tmp_path):
    texts = [str(i) * 10_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(files.write, tmp_path / "page.md"), texts))
    assert (tmp_path / "page.md").read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_of_the_longest_kind_can_be_written(tmp_path):
    files.write(tmp_path / ("x" * 255), "text")
    files.write(tmp_path / ("\u6587" * 85), "text")
    assert len(list(tmp_path.iterdir())) == 2


def test_the_oldest_files_go_first_beyond_the_limit(tmp_path):
    for age, name in enumerate(("new", "older", "oldest")):
        (tmp_path / f"{name}.kept").write_bytes(b"12345")
        os.utime(tmp_path / f"{name}.kept", (1000 - age, 1000 - age))
    (tmp_path / "other").write_bytes(b"x" * 100)
    files.keep_newest(tmp_path, "*.kept", 11)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.kept", "older.kept", "other"]
