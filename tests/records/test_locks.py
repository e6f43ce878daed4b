import subprocess
import sys

import pytest
from filelock import FileLock
from toy import record

from benchmark.records import locks, store
from benchmark.records.locks import hold


@pytest.fixture
def root(tmp_path):
    store.prepare(tmp_path, [record().trial])
    return tmp_path


@pytest.fixture
def place(root):
    return store.path_of(root, record().trial, "a" * 64)


@pytest.fixture
def others(root):
    """Places of another seed, and of the same one made otherwise."""
    return [
        store.path_of(root, record(seed=1).trial, "a" * 64),
        store.path_of(root, record().trial, "b" * 64),
    ]


def files(root):
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_record_is_locked_once_and_free_afterwards(place, others):
    with hold(place) as first, hold(place) as second:
        assert (first, second) == (True, False)
        assert not locks.is_free(place)
        assert all(map(locks.is_free, others))
    assert locks.is_free(place)


def test_an_error_in_the_middle_frees_the_record(place):
    with pytest.raises(KeyError), hold(place):
        raise KeyError
    assert locks.is_free(place)


def test_no_file_is_left_of_a_hold(root, place):
    with hold(place):
        assert len(files(root)) == 1
    assert files(root) == []


HOLDER = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def holder(file):
    """A process that holds the lock on ``file``."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], **pipes)
    process.stdout.readline()
    return process


def test_the_lock_of_a_killed_process_is_free_and_its_file_is_cleared(root, place, others):
    with hold(place):
        (file,) = files(root)
    with holder(file) as process:
        assert not locks.is_free(place)
        locks.clear([place])
        assert files(root) == [file], "a living process holds it"
        process.kill()
        process.wait()
        assert files(root) == [file]
    locks.clear([place, *others])
    assert files(root) == []


def test_where_there_are_no_locks_everybody_goes_on(place, monkeypatch):
    def unsupported(lock, **how):
        raise OSError("no locks available")

    monkeypatch.setattr(FileLock, "acquire", unsupported)
    with hold(place) as one, hold(place) as other:
        assert one
        assert other
