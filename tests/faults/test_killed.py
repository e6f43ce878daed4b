"""Processes that are killed

Nothing stored is lost, nothing is made twice, nothing is left lying or running.
"""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
import sweeping
import toy
from calling import hear_signals
from reliability import tries
from toy import CHECKOUT

from benchmark import api
from benchmark.harness import sweep
from benchmark.records import store

FORKED = multiprocessing.get_context("fork")
IN_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")


@pytest.fixture(scope="module")
def jobs(task, backbone):
    return sweeping.planned(task, backbone, seeds=10)


def here(root, jobs):
    for _ in sweep.run(root, jobs, 1, function=toy.made_by):
        pass


def logged(root, jobs):
    def made(job):
        with (root.parent / "made").open("a") as file:
            file.write(f"{job.trial}\n")
        return sweeping.made(job)

    for _ in sweep.run(root, jobs, 1, function=made):
        pass


def stamps(root):
    return {path: path.stat().st_mtime_ns for path in store.record_files(root)}


def assert_whole(root, jobs):
    """The records are the plan: none lost, none doubled, none damaged, and nothing beside them."""
    records = list(store.load(root))  # raises for what is no record
    assert sorted(record.trial for record in records) == sorted(job.trial for job in jobs)
    assert sweep.missing(root, jobs) == []
    assert {path for path in root.rglob("*") if path.is_file()} == set(store.record_files(root))


def test_a_sweep_killed_at_random_moments_goes_on_where_it_stopped(tmp_path, jobs, tried):
    moments, wanted, attempts, kills, lost = random.Random(0), tries(6, 154), 0, 0, 0
    while kills < wanted:
        root, attempts = tmp_path / str(attempts // 6), attempts + 1
        before = stamps(root)
        process = FORKED.Process(target=here, args=(root, jobs))
        process.start()
        time.sleep(moments.uniform(0, 0.15))
        kills += process.is_alive()
        process.kill()
        process.join()
        lost += len(before.items() - stamps(root).items())
        list(store.load(root))  # whole or absent
    for root in tmp_path.iterdir():
        before = stamps(root)
        here(root, jobs)
        assert before.items() <= stamps(root).items()
        assert_whole(root, jobs)
    assert not lost
    tried(kills, "0 records lost, 0 doubled, 0 damaged")


# With processes of its own


def alive_in_session(leader):
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] != "Z":
                found[int(stat.parent.name)] = int(fields[1])
    return found


def workers(leader):
    """Those that neither the sweep itself nor this test has started: they are forked by another."""
    found = alive_in_session(leader)
    return [pid for pid, parent in found.items() if parent != leader and parent in found]


def started(task, backbone, root, function="made"):
    return subprocess.Popen(
        [sys.executable, str(Path(sweeping.__file__)), str(root), backbone, "10", function],
        env=os.environ
        | {
            "BENCHMARK_TASKS": str(task.folder),
            "PYTHONPATH": f"{CHECKOUT / 'tests/support'}{os.pathsep}{CHECKOUT}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_signals,
    )


def nobody_is_left(leader, seconds=90):
    end = time.monotonic() + seconds
    while alive_in_session(leader) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive_in_session(leader)


@IN_PROC
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_record(tmp_path, task, backbone, jobs, tried):
    """As the kernel does where memory is short; one trial kills whatever process it runs in."""
    moments, wanted, kills = random.Random(1), tries(3, 40), 0
    for root in (tmp_path / str(number) for number in range(-(-wanted // 6))):
        with started(task, backbone, root, "made_but_one") as process:
            for number, _ in enumerate(process.stdout):
                now = workers(process.pid) if number < len(jobs) / 2 else []
                if kills < wanted and now and moments.random() < 0.3:  # later, trials run again
                    with suppress(ProcessLookupError):
                        os.kill(moments.choice(now), signal.SIGKILL)
                        kills += 1
            assert process.wait() == 0, process.stderr.read()
        assert nobody_is_left(process.pid)
        assert_whole(root, jobs)
        failed = {one.trial: one.reason for one in store.load(root) if one.status == "failed"}
        assert sweeping.DEADLY in failed
        assert all("its process died, and did so again" in why for why in failed.values())
        assert len(failed) <= 1 + kills / 2  # one of them may have been hit twice by chance
    tried(kills, "the trial of a killed worker is run again; one that dies twice is a failure")


@IN_PROC
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("whom", ["the parent", "all"])
def test_whoever_of_a_sweep_is_killed_nobody_is_left(tmp_path, task, backbone, jobs, tried, whom):
    moments, kills = random.Random(2), tries(1, 3)
    for _ in range(kills):
        with started(task, backbone, tmp_path) as process:
            for _ in range(moments.randrange(10)):
                process.stdout.readline()
            (os.kill if whom == "the parent" else os.killpg)(process.pid, signal.SIGKILL)
        assert nobody_is_left(process.pid)
        list(store.load(tmp_path))
    here(tmp_path, jobs)
    assert_whole(tmp_path, jobs)
    tried(kills, f"SIGKILL of {whom}")


@IN_PROC
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_sweep_that_is_asked_to_end_says_how_to_go_on(tmp_path, task, backbone, jobs, tried, how):
    with started(task, backbone, tmp_path) as process:
        process.stdout.readline()
        os.killpg(process.pid, how)
        _, errors = process.communicate(timeout=100)
    assert process.returncode == 130, errors
    assert "the same command goes on where it stopped" in errors
    assert "Traceback" not in errors
    assert nobody_is_left(process.pid)
    here(tmp_path, jobs)
    assert_whole(tmp_path, jobs)
    tried(1, how.name)


# Several at once


def test_two_sweeps_on_one_store_share_the_work_and_the_leaderboard_reads_meanwhile(
    tmp_path, jobs, tried
):
    root = tmp_path / "records"
    both = [FORKED.Process(target=logged, args=(root, jobs)) for _ in range(2)]
    for process in both:
        process.start()
    reads = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # each file that is no record is one
        while any(process.is_alive() for process in both):
            api.leaderboard(root)
            reads += 1
    assert [process.exitcode for process in both] == [0, 0]
    assert len((tmp_path / "made").read_text().splitlines()) == len(jobs)
    assert_whole(root, jobs)
    tried(1, f"{len(jobs)} trials, each trained once; {reads} leaderboards meanwhile")
