"""Machines, terminals and people

What a command finds around it: other languages, terminals, homes, users, paths, no network.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from toy import CHECKOUT, curve

from benchmark.records import store


@pytest.fixture
def records(tmp_path):
    folder = tmp_path / "records"
    for one in [*curve("scratch", {1: 0.4, 10: 0.6}), *curve("probe", {1: 0.8, 10: 0.9})]:
        store.save(folder, one)
    return folder


def command(*arguments, launcher=(), **given):
    """The leaderboard needs no torch, so that a process takes a second."""
    environment = os.environ | given.pop("env", {})
    return subprocess.run(
        [*launcher, sys.executable, "-m", "benchmark", *map(str, arguments)],
        **{"cwd": CHECKOUT, "env": environment, "capture_output": True, "timeout": 120, **given},
        check=False,
    )


def board(records, out, **given):
    run = command("leaderboard", "--records", records, "--out", out, **given)
    assert b"Traceback" not in (run.stderr or b""), run.stderr
    return run


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"TZ": "Pacific/Apia"},
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "MPLCONFIGDIR": "/nonexistent"},
        {"HF_HOME": "/proc/nowhere", "HF_HUB_CACHE": "/proc/nowhere"},
    ],
    ids=["ascii terminal", "Turkish", "POSIX", "time zone", "no home", "no HF_HOME"],
)
def test_a_leaderboard_is_the_same_in_every_surrounding(records, tmp_path, env):
    assert board(records, tmp_path / "out", env=env).returncode == 0
    assert board(records, tmp_path / "plain").returncode == 0
    one, other = ((tmp_path / name / "README.md").read_bytes() for name in ("out", "plain"))
    assert one == other


@pytest.mark.parametrize("name", ["with blanks in it", "Größe 日本 😀", "-dash", "quo'te\"s;$(id)"])
def test_a_path_may_be_called_anything(records, tmp_path, name):
    place = tmp_path / name / "records"
    shutil.copytree(records, place)
    run = board(place, tmp_path / name / "out", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0, run.stderr
    assert (tmp_path / name / "out/README.md").is_file()


@pytest.mark.parametrize("how", ["closed", "a pipe that nobody reads", "a full device"])
def test_an_output_that_takes_nothing_is_no_traceback(records, tmp_path, how):
    if how == "closed":
        given = {"launcher": ["sh", "-c", 'exec "$@" >&-', "sh"], "capture_output": False}
        run = board(records, tmp_path / "out", stderr=subprocess.PIPE, **given)
    elif how == "a full device":
        with Path("/dev/full").open("w") as full:
            given = {"stdout": full, "stderr": subprocess.PIPE, "capture_output": False}
            run = board(records, tmp_path / "out", **given)
    else:
        reading, writing = os.pipe()
        os.close(reading)
        given = {"stdout": writing, "stderr": subprocess.PIPE, "capture_output": False}
        run = board(records, tmp_path / "out", **given)
        os.close(writing)
    assert b"Exception ignored" not in run.stderr
    assert (tmp_path / "out/README.md").is_file()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_store_of_another_user_can_be_read_and_is_not_written(records, tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            pytest.skip("another user cannot reach the folder of tests")
    shutil.copytree(records, tmp_path / "own")
    run = board(records, tmp_path / "own" / "out", user=65534, group=65534, extra_groups=[])
    assert run.returncode == 2
    assert b"Permission denied" in run.stderr


def test_a_task_is_validated_without_any_network(tmp_path):
    """In a network of its own with nothing in it, where that is allowed."""
    isolated = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "-rn", "true"], capture_output=True, check=False
        ).returncode
    )
    launcher = ["unshare", "-rn"] if isolated else []
    toy.write_task(tmp_path / "tasks")
    env = {"BENCHMARK_TASKS": str(tmp_path / "tasks"), "HF_HOME": "/proc/nowhere"}
    run = command("validate", "--task", "toy", launcher=launcher, env=env)
    assert b"Traceback" not in run.stderr
    assert run.returncode == 0, run.stderr + run.stdout
