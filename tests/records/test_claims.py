import subprocess
import sys

import pytest
from filelock import FileLock
from toy import record

from benchmark.records import claims, store
from benchmark.records.claims import claim

TRIAL, OTHER = record().trial, record(seed=1).trial


@pytest.fixture
def root(tmp_path):
    store.prepare(tmp_path, [TRIAL, OTHER])
    return tmp_path


def files(root):
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_trial_is_claimed_once_and_free_afterwards(root):
    with claim(root, TRIAL) as first, claim(root, TRIAL) as second:
        assert (first, second) == (True, False)
        assert not claims.is_free(root, TRIAL)
        assert claims.is_free(root, OTHER)
    assert claims.is_free(root, TRIAL)


def test_an_error_in_the_middle_frees_the_trial(root):
    with pytest.raises(KeyError), claim(root, TRIAL):
        raise KeyError
    assert claims.is_free(root, TRIAL)


def test_no_file_is_left_of_a_claim(root):
    with claim(root, TRIAL):
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


def test_the_claim_of_a_killed_process_is_free_and_its_file_is_cleared(root):
    with claim(root, TRIAL):
        (file,) = files(root)
    with holder(file) as process:
        assert not claims.is_free(root, TRIAL)
        claims.clear(root, [TRIAL])
        assert files(root) == [file], "a living process holds it"
        process.kill()
        process.wait()
        assert files(root) == [file]
    claims.clear(root, [TRIAL, OTHER])
    assert files(root) == []


def test_where_there_are_no_locks_everybody_goes_on(root, monkeypatch):
    def unsupported(lock, **how):
        raise OSError("no locks available")

    monkeypatch.setattr(FileLock, "acquire", unsupported)
    with claim(root, TRIAL) as one, claim(root, TRIAL) as other:
        assert one
        assert other
