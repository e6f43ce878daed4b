import errno
import multiprocessing
import os
import signal
import time

import pytest

from benchmark.errors import UserError
from benchmark.tasks.workspace import disk_error, workspace

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    return tmp_path


def test_a_workspace_is_empty_and_gone_afterwards():
    with workspace("mine") as used:
        assert list(used.iterdir()) == []
        (used / "file").touch()
    assert not used.exists()


def test_a_workspace_is_gone_after_an_error():
    with pytest.raises(KeyboardInterrupt), workspace("mine") as used:
        raise KeyboardInterrupt
    assert not used.exists()


def die_in(name):
    with workspace(name) as used:
        (used / "file").touch()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("name", ["same", "another"])
def test_what_killed_processes_left_is_removed_by_the_next_one(folder, name):
    process = FORK.Process(target=die_in, args=("same",))
    process.start()
    process.join()
    assert (folder / "unfinished" / "same" / "file").exists()
    with workspace(name) as used:
        assert list(used.iterdir()) == []
        assert list((folder / "unfinished").iterdir()) == [used]


def test_what_a_living_process_uses_stays():
    with workspace("used") as used:
        (used / "file").touch()
        with workspace("another"):
            pass
        assert (used / "file").exists()


def hold(name, seconds, held):
    with workspace(name):
        held.set()
        time.sleep(seconds)


def test_who_wants_the_same_workspace_waits():
    held = FORK.Event()
    process = FORK.Process(target=hold, args=("same", 0.4, held))
    process.start()
    held.wait()
    start = time.monotonic()
    with workspace("another"):
        assert time.monotonic() - start < 0.3
    with workspace("same"):
        assert time.monotonic() - start > 0.3
    process.join()


def test_a_full_disk_is_found_behind_other_errors():
    error = RuntimeError("wrapped")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert disk_error(error) is error.__cause__
    with pytest.raises(UserError, match="no space left"), workspace("mine"):
        raise error


def test_an_error_elsewhere_is_not_blamed_on_the_cache(folder):
    assert disk_error(FileNotFoundError(errno.ENOENT, "no such file", "/elsewhere")) is None
    assert disk_error(PermissionError(errno.EACCES, "denied", str(folder / "x")))


def test_other_errors_pass_through():
    with pytest.raises(ZeroDivisionError), workspace("mine"):
        raise ZeroDivisionError


def test_a_folder_that_cannot_be_made_is_explained(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(folder / "file"))
    with pytest.raises(UserError, match="cannot write decoded images here"), workspace("mine"):
        pass
