"""Clusters, and plans of any size

Machines, workers and the driver of a Ray cluster are killed; a paper's plan takes little memory.
"""

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import sweeping
import toy
from machines import three_nodes
from reliability import tries
from toy import CHECKOUT

from benchmark.harness import adaptive, executors, sweep
from benchmark.harness.grown import Aim
from benchmark.harness.plan import Selection, prepare
from benchmark.records import store

pytestmark = [pytest.mark.long, pytest.mark.slow]

ARMS = ("scratch", "finetune", "probe", "scratch_xavier", "scratch_kaiming", "matched_init")


@pytest.fixture(scope="module")
def machines():
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with three_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def run(machines):
    with executors.named("ray") as run:
        yield run


@pytest.fixture(scope="module")
def jobs(task, backbone):
    return prepare(Selection((task,), (backbone,), ARMS[:3], (1, 2), seeds=4)).jobs


def predictions(records):
    return {record.trial: (record.fingerprint, record.predictions) for record in records}


def assert_whole(root, jobs):
    records = list(store.load(root))
    assert sorted(record.trial for record in records) == sorted(job.trial for job in jobs)
    assert {path for path in root.rglob("*") if path.is_file()} == set(store.record_files(root))


def test_trials_on_a_cluster_predict_what_they_predict_here(tmp_path, jobs, run, tried):
    """And the workers read none of this machine's images: those came through memory."""
    there = list(sweep.run(tmp_path / "there", jobs, 1, executor=run))
    here = list(sweep.run(tmp_path / "here", jobs, 1))
    assert predictions(there) == predictions(here)
    assert_whole(tmp_path / "there", jobs)
    tried(len(jobs), f"{len(jobs)} trials, the same predictions image by image")


def test_an_adaptive_sweep_runs_on_a_cluster_and_what_it_did_is_all_there_is_to_do(
    tmp_path, task, backbone, run
):
    """What is next follows from the records, whoever made them."""
    chosen = Selection((task,), (backbone,), ARMS[:2], (1, 4))
    there = adaptive.bench(chosen, tmp_path, Aim(), 1, executor=run)
    before = set(store.record_files(tmp_path))
    assert adaptive.bench(chosen, tmp_path, Aim(), 1) == there
    assert set(store.record_files(tmp_path)) == before


def busy_worker():
    """One of this user that runs jobs, as soon as there is one: Ray names them so."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if file.read_bytes().startswith(b"ray::run_there"):
                    return int(file.parent.name)
    raise AssertionError("nobody works")


@pytest.mark.parametrize("whom", ["a node", "a worker"])
def test_whoever_dies_the_records_are_the_plan(
    tmp_path, task, backbone, machines, run, tried, whom
):
    """SIGKILL in the middle of a sweep."""
    jobs = sweeping.planned(task, backbone, seeds=30)
    node = machines.add_node(num_cpus=2)
    kills = tries(1, 3)
    for kill in range(kills):
        root = tmp_path / str(kill)
        records = sweep.run(root, jobs, 1, function=sweeping.made, executor=run)
        before = list(islice(records, 40))
        if whom == "a node" and kill == 0:
            machines.remove_node(node, allow_graceful=False)
        else:
            os.kill(busy_worker(), signal.SIGKILL)
        after = list(records)
        assert len(before) + len(after) == len(jobs)
        assert_whole(root, jobs)
        assert {record.status for record in store.load(root)} == {"ok"}
    tried(kills, f"SIGKILL of {whom}: {kills} times {len(jobs)} records, none lost or doubled")


@pytest.mark.parametrize("joined", [True, False], ids=["a cluster", "a cluster of its own"])
def test_a_driver_that_is_killed_leaves_nobody_and_loses_nothing(
    tmp_path, task, backbone, machines, tried, joined
):
    address = {"RAY_ADDRESS": machines.address} if joined else {"RAY_ADDRESS": ""}
    command = ["bench", "--task", "toy", "--backbone", backbone, "--seeds", "20", "--n", "1 2"]
    places = ["--records", str(tmp_path / "records"), "--executor", "ray", "--jobs", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmark", *command, *places],
        cwd=CHECKOUT,
        env=os.environ | {"BENCHMARK_TASKS": str(task.folder)} | address,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as driver:
        list(islice(driver.stderr, 6))
        os.kill(driver.pid, signal.SIGKILL)
    kept = list(store.load(tmp_path / "records"))
    assert kept
    jobs = prepare(Selection((task,), (backbone,), ARMS[:3], (1, 2), 20)).jobs
    rest = list(sweep.run(tmp_path / "records", jobs, 1, function=toy.made_by))
    assert len(kept) + len(rest) == len(jobs)
    assert_whole(tmp_path / "records", jobs)
    assert nobody_is_left(driver.pid)
    tried(1, f"{len(kept)} of {len(jobs)} records were stored, and all of them kept")


def nobody_is_left(session, seconds=180):
    """Ray's agents look for their cluster for a minute before they leave."""

    def left():
        found = subprocess.run(["ps", "-o", "stat=", "-s", str(session)], capture_output=True)
        return [line for line in found.stdout.split() if not line.startswith(b"Z")]

    end = time.monotonic() + seconds
    while left() and time.monotonic() < end:
        time.sleep(0.5)
    return not left()


# A plan of a paper's size


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def paper(folder, seeds, way, answers):
    """Plans, runs and resumes 20 tasks x 10 backbones x 6 arms x 8 N x ``seeds``."""
    (folder / "tasks").mkdir()
    tasks = tuple(toy.write_task(folder / "tasks", f"toy{i}") for i in range(20))
    weights = toy.random_weights()
    names = tuple(toy.write_backbone(folder / f"net{i}", weights=weights) for i in range(10))
    seconds = {}

    def timed(what, action):
        started = time.monotonic()
        result = action()
        seconds[what] = round(time.monotonic() - started, 1)
        return result

    before = peak_megabytes()
    selection = Selection(tasks, names, ARMS, tuple(range(1, 9)), seeds)
    jobs = timed("planned", lambda: prepare(selection).jobs)
    with executors.named(way) as executor:
        run = partial(
            sweep.run, folder / "records", jobs, 2, function=toy.made_by, executor=executor
        )
        count = timed("run", lambda: sum(1 for _ in run()))
        again = timed("resumed", lambda: sum(1 for _ in run()))
    answers.put((len(jobs), count, again, seconds, round(before), round(peak_megabytes())))


@pytest.mark.parametrize("way", ["processes", "ray"])
def test_a_plan_of_96000_trials_is_run_and_resumed_in_little_memory(tmp_path, tried, way, request):
    """With trials that do nothing, in a process of its own."""
    if way == "ray":
        request.getfixturevalue("machines")
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=paper, args=(tmp_path, tries(1, 10), way, answers))
    process.start()
    planned, count, again, seconds, before, peak = answers.get(timeout=3000)
    process.join()
    shutil.rmtree(tmp_path / "records")
    assert planned == count
    assert again == 0
    assert peak < 2000
    said = ", ".join(f"{what} in {took} s" for what, took in seconds.items())
    tried(1, f"{planned} trials, {way}: {said}; peak {peak} MB, of which {before} before the plan")
