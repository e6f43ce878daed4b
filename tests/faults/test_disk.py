"""Disks, stores and caches

A disk that is full or read-only ends a sweep with one message and keeps what is stored; a file that
is no record is named, and its trial run again.
"""

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest
import sweeping
import toy
from reliability import tries
from task_fixtures import FOLDER, files_in, make_task, write_folder

from benchmark import api
from benchmark.errors import UserError
from benchmark.harness import sweep
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.tasks import data


@pytest.fixture(scope="module")
def jobs(task, backbone):
    return sweeping.planned(task, backbone, seeds=4)


class Notes(Watch):
    def __init__(self):
        self.faults, self.failures = [], []

    def set_aside(self, fault):
        self.faults.append(str(fault))

    def failed(self, trial, error):
        self.failures.append(str(error))


def run(root, jobs, watch=None, function=toy.made_by):
    return list(sweep.run(root, jobs, 1, watch or Notes(), function=function))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own; ``remount(options)`` changes it."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(*arguments):
        given = subprocess.run(["mount", *arguments, str(disk)], capture_output=True, check=False)
        return given.returncode == 0

    try:
        allowed = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("mounting a small file system is not allowed here")
    yield disk, lambda options: mount("-o", f"remount,{options}")
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_store_on_a_full_disk_keeps_what_it_has_and_goes_on_with_more_room(
    small_disk, jobs, tried
):
    disk, remount = small_disk
    with pytest.raises(UserError, match="No space left") as caught:
        run(disk / "records", jobs)
    assert "free disk space" in str(caught.value)
    kept = len(list(store.load(disk / "records")))
    assert 0 < kept < len(jobs)
    assert remount("size=8m")
    assert len(run(disk / "records", jobs)) == len(jobs) - kept
    tried(1, f"full after {kept} of {len(jobs)} records, all of which were kept")


def test_a_store_that_is_read_only_is_said_before_any_training_and_can_be_read(small_disk, jobs):
    disk, remount = small_disk
    run(disk / "records", jobs[:3])
    assert remount("ro")

    def never(job):
        raise AssertionError("trained")

    with pytest.raises(UserError, match="cannot write here"):
        run(disk / "records", jobs, function=never)
    assert api.leaderboard(disk / "records") is not None
    assert len(list(store.load(disk / "records"))) == 3


def test_a_cache_on_a_full_disk_is_one_message_and_leaves_nothing(
    small_disk, tmp_path, monkeypatch
):
    disk, remount = small_disk
    monkeypatch.setenv("BENCHMARK_CACHE", str(disk / "cache"))
    write_folder(tmp_path / "toy", train=8)
    task = make_task(tmp_path, FOLDER)
    with pytest.raises(UserError, match="BENCHMARK_CACHE"):
        data.load(task, 256)
    assert files_in(disk / "cache") == []
    assert remount("ro")
    with pytest.raises(UserError, match="BENCHMARK_CACHE"):
        data.load(task, 8)
    assert remount("rw,size=64m")
    assert len(data.load(task, 256).train.labels) == 16


# A store that somebody has been at


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-200])


def garbage(path):
    path.write_bytes(os.urandom(2000))


def of_a_future_version(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))


def of_an_unknown_version(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": "draft"}))


def a_directory(path):
    path.unlink()
    (path / "inside").mkdir(parents=True)


def a_link_to_itself(path):
    path.unlink()
    path.symlink_to(path.name)


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def with_code_for_a_name(path):
    path.write_text(path.read_text().replace('"toy"', '"../../toy"'))


FAULTS = (
    cut_off,
    garbage,
    of_a_future_version,
    of_an_unknown_version,
    a_directory,
    a_link_to_itself,
    a_pipe,
    with_code_for_a_name,
)


@pytest.mark.parametrize("spoil", FAULTS)
def test_what_lies_in_the_place_of_a_record_and_is_none_is_named_and_its_trial_run(
    tmp_path, jobs, spoil
):
    root = tmp_path / "records"
    run(root, jobs)
    path = store.path_of(root, jobs[5].trial, jobs[5].fingerprint)
    spoil(path)
    left_out = []
    assert len(list(store.load(root, left_out.append))) == len(jobs) - 1
    notes = Notes()
    assert [record.trial for record in run(root, jobs, notes)] == [jobs[5].trial]
    assert len(list(store.load(root, left_out.append))) == len(jobs)
    assert list(tmp_path.iterdir()) == [root]


def test_a_record_cut_off_anywhere_is_no_record(tmp_path, jobs, tried):
    path = store.save(tmp_path, toy.made_by(jobs[0]))
    content, wanted = path.read_bytes(), tries(50, 2000)
    places = sorted({len(content) * part // wanted for part in range(wanted)} - {len(content)})
    for place in places:
        if content[place:].strip():
            path.write_bytes(content[:place])
            with pytest.raises(UserError):
                store.load_file(path)
    tried(len(places))


def test_a_clock_that_jumps_changes_nothing(tmp_path, jobs, monkeypatch, tried):
    """Back and forth by years, between and within trials."""
    import time

    jumps = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: (next(jumps) * 7919 % 100) * 3e7)
    monkeypatch.setattr(sweep, "time", time)
    assert len(run(tmp_path, jobs)) == len(jobs)
    assert run(tmp_path, jobs) == []
    for path in store.record_files(tmp_path):
        os.utime(path, (0, 4e9))
    assert run(tmp_path, jobs) == []
    tried(3)


# Data that change while a sweep runs


@pytest.fixture
def changing(tmp_path, backbone, monkeypatch):
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tasks").mkdir()
    task = toy.write_task(tmp_path / "tasks")
    return task, prepare(Selection((task,), (backbone,), ("probe",), (1, 2), 3)).jobs


def test_an_image_that_is_changed_between_trials_is_noticed(tmp_path, changing):
    task, jobs = changing
    notes = Notes()
    records = sweep.run(tmp_path / "records", jobs, 1, notes)
    first = next(records)
    image = next((task.folder / "toy/train").rglob("*.png"))
    image.write_bytes(next((task.folder / "toy/test").rglob("*.png")).read_bytes())
    assert list(records) == []
    assert len(notes.failures) == len(jobs) - 1
    assert all("have changed since the run began" in one for one in notes.failures)
    assert [record.data.hash for record in store.load(tmp_path / "records")] == [first.data.hash]


def test_a_cache_that_is_changed_between_trials_is_made_anew(tmp_path, changing):
    _, jobs = changing
    records = sweep.run(tmp_path / "records", jobs, 1, Notes())
    done = [next(records)]
    for array in (tmp_path / "cache").rglob("train.images.npy"):
        content = bytearray(array.read_bytes())
        content[-1] ^= 255
        array.chmod(0o644)
        array.write_bytes(content)
    done += records
    assert len(done) == len(jobs)
    assert len({record.data.hash for record in done}) == 1
    again = run(tmp_path / "again", jobs, function=sweep.ANYWHERE)
    same = {(record.trial, record.predictions) for record in again}
    assert {(record.trial, record.predictions) for record in done} == same


def test_weights_that_are_changed_between_trials_are_noticed(tmp_path, task):
    name = toy.write_backbone(tmp_path / "net")
    jobs = prepare(Selection((task,), (name,), ("probe",), (1,), 1)).jobs
    made = dataclasses.replace(jobs[0].made_of, weights_hash="0" * 64)
    notes = Notes()
    assert (
        run(tmp_path / "r", [dataclasses.replace(jobs[0], made_of=made)], notes, sweep.ANYWHERE)
        == []
    )
    assert "has changed since the run began" in notes.failures[0]


def test_the_temporary_files_of_killed_writers_go_and_those_of_living_ones_stay(tmp_path, jobs):
    run(tmp_path, jobs[:1])
    folder = store.path_of(tmp_path, jobs[0].trial, jobs[0].fingerprint).parent
    dead, alive = (folder / f".x.json.{number}.tmp" for number in (2**22 + 1, os.getpid()))
    dead.write_text("{half")
    alive.write_text("{half")
    run(tmp_path, jobs[:1])
    assert [path.name for path in Path(folder).glob(".*")] == [alive.name]
