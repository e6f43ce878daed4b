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

pytestmark = pytest.mark.slow

RESULTS = "images_per_class,seed,scratch,pretrained\n" + "".join(
    f"{n},{seed},0.{6 + seed},0.{7 + seed}\n" for n in (1, 5) for seed in range(3)
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "results.csv").write_text(RESULTS)
    return tmp_path / "results.csv"


def command(*arguments, launcher=(), env=(), **given):
    """Of those that need no torch, so that a process takes a second."""
    if not given.keys() & {"stdout", "stderr"}:
        given["capture_output"] = True
    run = subprocess.run(
        [*launcher, sys.executable, "-m", "benchmark", *map(str, arguments)],
        cwd=CHECKOUT,
        env=os.environ | dict(env),
        timeout=300,
        check=False,
        **given,
    )
    assert b"Traceback" not in run.stderr, run.stderr
    assert b"Exception ignored" not in run.stderr
    return run


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Apia"},
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "HF_HOME": "/proc/nowhere"},
    ],
    ids=["ascii terminal", "Turkish", "no home"],
)
def test_an_answer_is_the_same_in_every_surrounding(file, env):
    here, there = command("verdict", file), command("verdict", file, env=env)
    assert there.returncode == here.returncode == 0
    assert there.stdout == here.stdout.decode().encode("ascii", "replace") or (
        there.stdout == here.stdout
    )


@pytest.mark.parametrize("name", ["with blanks", "Größe 日本 😀", "-dash", "quo'te\"s;$(id)"])
def test_a_path_may_be_called_anything(file, tmp_path, name):
    (tmp_path / name).mkdir()
    place = shutil.copy(file, tmp_path / name / "results.csv")
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    assert command("verdict", place, env=env).returncode == 0
    missing = command("verdict", tmp_path / name / "none.csv", env=env)
    assert missing.returncode == 2
    assert b"none.csv" in missing.stderr


@pytest.mark.parametrize("how", ["closed", "a pipe that nobody reads", "a full device"])
def test_an_output_that_takes_nothing_is_no_traceback(file, how):
    if how == "closed":
        given = {"launcher": ["sh", "-c", 'exec "$@" >&-', "sh"], "stderr": subprocess.PIPE}
        command("verdict", file, **given)
    elif how == "a full device":
        with Path("/dev/full").open("w") as full:
            run = command("verdict", file, stdout=full, stderr=subprocess.PIPE)
        assert run.returncode == 2
        assert b"No space left" in run.stderr
    else:
        reading, writing = os.pipe()
        os.close(reading)
        command("verdict", file, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_store_of_another_user_can_be_read_and_is_not_written(tmp_path):
    for one in [*curve("scratch", {1: 0.4, 10: 0.6}), *curve("probe", {1: 0.8, 10: 0.9})]:
        store.save(tmp_path / "records", one)
    if any(not folder.stat().st_mode & 0o001 for folder in (tmp_path, *tmp_path.parents)):
        pytest.skip("another user cannot reach the folder of tests")
    arguments = ("leaderboard", "--records", tmp_path / "records", "--out", tmp_path / "out")
    run = command(*arguments, user=65534, group=65534, extra_groups=[])
    assert run.returncode == 2
    assert b"Permission denied" in run.stderr


@pytest.mark.long
def test_a_task_is_validated_without_any_network(tmp_path):
    """In a network of its own with nothing in it, where that is allowed."""
    isolated = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "-rn", "true"], capture_output=True, check=False
        ).returncode
    )
    (tmp_path / "tasks").mkdir()
    toy.write_task(tmp_path / "tasks")
    env = {"BENCHMARK_TASKS": str(tmp_path / "tasks"), "HF_HOME": "/proc/nowhere"}
    run = command(
        "validate", "--task", "toy", launcher=["unshare", "-rn"] if isolated else [], env=env
    )
    assert run.returncode == 0, run.stderr + run.stdout
