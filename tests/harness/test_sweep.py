import dataclasses
import errno
import multiprocessing
import os
import random
import time

import pytest
import toy

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import sweep
from benchmark.harness.executors import run_here
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.sweep import missing, stored
from benchmark.records import store


@pytest.fixture
def selection(task, backbone):
    return Selection((task,), (backbone,), ("scratch", "finetune", "probe"), (1, 2), seeds=2)


@pytest.fixture
def jobs(selection):
    return prepare(selection).jobs


def made_up(job):
    """A record of ``job`` without any training."""
    trial = job.trial
    return toy.record(trial=trial, fingerprint=job.fingerprint, data=toy.FACTS)


def run(root, jobs, function=made_up, workers=1):
    return list(sweep.run(root, jobs, workers, function=function))


def with_rate(jobs, rate):
    """The jobs with another learning rate for the arms that have one."""
    return [
        dataclasses.replace(job, recipe=dataclasses.replace(job.recipe, learning_rate=rate))
        if job.trial.arm == "finetune"
        else job
        for job in jobs
    ]


def test_every_combination_is_prepared(jobs):
    assert len(jobs) == len({job.trial for job in jobs}) == 3 * 2 * 2


def test_only_pretrained_arms_carry_the_hash_of_the_weights(jobs):
    assert {job.trial.arm for job in jobs if job.made_of.weights_hash is None} == {"scratch"}


def test_the_grid_is_that_of_the_task_unless_told(selection):
    jobs = prepare(dataclasses.replace(selection, images_per_class=None)).jobs
    assert {job.trial.images_per_class for job in jobs} == {1, 2, 4}
    assert {job.image_size for job in jobs} == {toy.SIZE}
    assert {j.image_size for j in prepare(dataclasses.replace(selection, image_size=24)).jobs} == {
        24
    }


def test_the_budget_of_the_task_multiplies_the_steps(jobs):
    steps = {job.trial.arm: job.recipe.steps for job in jobs if job.trial.arm != "probe"}
    default = {arm: arms.arm(arm).recipe_at(1, 3).steps for arm in steps}
    assert steps == {arm: round(0.01 * count) for arm, count in default.items()}


def test_a_size_that_a_class_cannot_fill_is_left_out_with_a_note(selection):
    prepared = prepare(dataclasses.replace(selection, images_per_class=(2, 9)))
    assert {job.trial.images_per_class for job in prepared.jobs} == {2}
    assert prepared.notes == ("toy: N=9 is left out: class 'left' has 8 training images",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"arms": ("scrach",)}, "did you mean 'scratch'"),
        ({"backbones": ("resnt18",)}, "did you mean 'resnet18'"),
        ({"backbones": ("local-dir:nowhere",)}, "config.json is missing"),
    ],
)
def test_what_is_unknown_is_said_before_anything_runs(selection, change, expected):
    with pytest.raises(UserError, match=expected):
        prepare(dataclasses.replace(selection, **change))


def test_two_backbones_of_one_name_would_overwrite_each_other(selection, tmp_path):
    twins = tuple(toy.write_backbone(tmp_path / place / "net") for place in ("here", "there"))
    with pytest.raises(UserError, match="have the same name in records"):
        prepare(dataclasses.replace(selection, backbones=twins))


def test_a_second_run_trains_nothing(tmp_path, jobs):
    assert len(run(tmp_path, jobs)) == len(jobs)
    assert run(tmp_path, jobs) == []
    assert len(stored(tmp_path, jobs)) == len(jobs)


def test_only_what_is_missing_is_run(tmp_path, jobs):
    run(tmp_path, jobs[:5])
    assert {record.trial for record in run(tmp_path, jobs)} == {j.trial for j in jobs[5:]}


def test_the_longest_jobs_come_first(tmp_path, jobs):
    order = [job.trial.arm for job in missing(tmp_path, jobs)]
    assert order == ["scratch"] * 4 + ["finetune"] * 4 + ["probe"] * 4


def test_a_changed_recipe_is_trained_again_and_the_old_record_kept(tmp_path, jobs):
    run(tmp_path, jobs)
    changed = with_rate(jobs, 0.5)
    assert {record.trial.arm for record in run(tmp_path, changed)} == {"finetune"}
    assert len(list(tmp_path.rglob("superseded/*.json"))) == 4
    assert {record.fingerprint for record in stored(tmp_path, changed)} == {
        job.fingerprint for job in changed
    }


def test_stale_records_are_never_handed_out(tmp_path, jobs):
    run(tmp_path, jobs)
    with pytest.raises(UserError, match="stale"):
        stored(tmp_path, with_rate(jobs, 0.5))


def test_a_missing_record_is_an_error_for_people(tmp_path, jobs):
    with pytest.raises(UserError, match=r"n0001-s0\.json"):
        stored(tmp_path, jobs)


def test_a_damaged_record_is_trained_again(tmp_path, jobs):
    run(tmp_path, jobs)
    store.path_of(tmp_path, jobs[3].trial).write_text("{")
    assert [record.trial for record in run(tmp_path, jobs)] == [jobs[3].trial]


def failing_for_scratch(job):
    if job.trial.arm == "scratch":
        return dataclasses.replace(made_up(job), status="failed", reason="NaN", accuracy=None)
    return made_up(job)


def test_a_failed_trial_does_not_stop_the_sweep_and_is_not_tried_again(tmp_path, jobs):
    records = run(tmp_path, jobs, failing_for_scratch)
    assert len(records) == len(jobs)
    assert sum(record.status == "failed" for record in records) == 4
    assert run(tmp_path, jobs) == []


def test_records_are_stored_before_they_are_handed_out(tmp_path, jobs):
    for record in sweep.run(tmp_path, jobs, 1, function=made_up):
        assert store.load_file(store.path_of(tmp_path, record.trial)) == record


def test_an_error_for_people_ends_the_sweep_and_keeps_what_is_done(tmp_path, jobs):
    def refuse_probe(job):
        if job.trial.arm == "probe":
            raise UserError("no features")
        return made_up(job)

    with pytest.raises(UserError, match="no features"):
        run(tmp_path, jobs, refuse_probe)
    assert len(list(store.record_files(tmp_path))) == 8


def test_a_disk_that_is_full_ends_the_workers_at_once(tmp_path, jobs, monkeypatch):
    ended = []

    def watched(function, jobs, workers):
        try:
            yield from run_here(function, jobs)
        finally:
            ended.append("ended")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("benchmark.harness.executors.run_in_processes", watched)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left") as caught:
        run(tmp_path, jobs, workers=2)
    assert ended, "while the traceback is alive, nothing else would close the executor"
    assert caught.tb


# Killed at any moment


def real_sweep(root, jobs):
    for _ in sweep.run(root, jobs, 1):
        pass


def stamps(root):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in store.record_files(root)}


def test_a_sweep_killed_at_any_moment_goes_on_where_it_stopped(tmp_path, selection):
    jobs = prepare(dataclasses.replace(selection, seeds=4)).jobs
    # Forked, for importing torch takes longer than this whole sweep.
    forked = multiprocessing.get_context("fork")
    moments = random.Random(0)
    finished = {}
    for kills in range(3):
        process = forked.Process(target=real_sweep, args=(tmp_path, jobs))
        process.start()
        while len(stamps(tmp_path)) < 3 * (kills + 1) and process.is_alive():
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.join()
        now = stamps(tmp_path)
        assert finished.items() <= now.items(), "a stored record was written again"
        finished = now
    assert len(finished) >= 9
    last = list(sweep.run(tmp_path, jobs, 1))
    assert len(finished) + len(last) == len(jobs)
    assert finished.items() <= stamps(tmp_path).items()
    assert {record.trial for record in stored(tmp_path, jobs)} == {j.trial for j in jobs}
    assert not list(tmp_path.rglob("superseded"))
