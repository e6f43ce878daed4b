import subprocess
import sys

import pytest
from filelock import FileLock
from toy import record

from benchmark.records import claims, store
from benchmark.records.claims import claim


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


def test_a_record_is_claimed_once_and_free_afterwards(place, others):
    with claim(place) as first, claim(place) as second:
        assert (first, second) == (True, False)
        assert not claims.is_free(place)
        assert all(map(claims.is_free, others))
    assert claims.is_free(place)


def test_an_error_in_the_middle_frees_the_record(place):
    with pytest.raises(KeyError), claim(place):
        raise KeyError
    assert claims.is_free(place)


def test_no_file_is_left_of_a_claim(root, place):
    with claim(place):
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
    """A process that holds the claim of which ``file`` is the lock."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], **pipes)
    process.stdout.readline()
    return process


def test_the_claim_of_a_killed_process_is_free_and_its_file_is_cleared(root, place, others):
    with claim(place):
        (file,) = files(root)
    with holder(file) as process:
        assert not claims.is_free(place)
        claims.clear([place])
        assert files(root) == [file], "a living process holds it"
        process.kill()
        process.wait()
        assert files(root) == [file]
    claims.clear([place, *others])
    assert files(root) == []


def test_where_there_are_no_locks_everybody_goes_on(place, monkeypatch):
    def unsupported(lock, **how):
        raise OSError("no locks available")

    monkeypatch.setattr(FileLock, "acquire", unsupported)
    with claim(place) as one, claim(place) as other:
        assert one
        assert other
