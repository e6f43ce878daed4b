import dataclasses
import errno
import json
import multiprocessing
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import toy
from toy import made_by

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import sweep
from benchmark.harness.executors import run_here
from benchmark.harness.limit import Limit
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.sweep import missing, stored
from benchmark.harness.watch import Watch
from benchmark.records import locks, store


@pytest.fixture
def selection(task, backbone):
    return Selection((task,), (backbone,), ("scratch", "finetune", "probe"), (1, 2), seeds=2)


@pytest.fixture
def jobs(selection):
    return prepare(selection).jobs


def place(root, job):
    return store.path_of(root, job.trial, job.fingerprint)


def run(root, jobs, function=made_by, workers=1, watch=None):
    return list(sweep.run(root, jobs, workers, watch or Notes(), function=function))


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
        ({"backbones": ("local-dir:nowhere",)}, "no backbone in this folder"),
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
    views = [job.recipe.views for job in missing(tmp_path, jobs)]
    assert views == sorted(views, reverse=True)
    assert len(set(views)) > 1


def test_a_changed_recipe_is_trained_again_and_the_old_record_kept(tmp_path, jobs):
    run(tmp_path, jobs)
    changed = with_rate(jobs, 0.5)
    assert {record.trial.arm for record in run(tmp_path, changed)} == {"finetune"}
    assert len(list(store.record_files(tmp_path))) == len(jobs) + 4
    assert {record.fingerprint for record in stored(tmp_path, changed)} == {
        job.fingerprint for job in changed
    }


def test_going_back_and_forth_between_image_sizes_and_arms_trains_nothing_twice(
    tmp_path, selection
):
    chosen = [
        selection,
        dataclasses.replace(selection, image_size=24),
        dataclasses.replace(selection, arms=("scratch", "probe")),
        dataclasses.replace(selection, image_size=24, arms=("finetune",)),
    ]
    plans = [prepare(one).jobs for one in chosen]
    assert [len(run(tmp_path, jobs)) for jobs in plans + plans[::-1]] == [12, 12, *[0] * 6]
    for one, jobs in zip(chosen, plans, strict=True):
        found = stored(tmp_path, jobs)
        assert len(found) == len(jobs)
        assert {r.data.image_size for r in found} == {one.image_size or toy.SIZE}


def test_a_changed_recipe_that_is_changed_back_trains_nothing_again(tmp_path, jobs):
    first = run(tmp_path, jobs)
    run(tmp_path, with_rate(jobs, 0.5))
    assert run(tmp_path, jobs) == []
    assert sorted(r.trial for r in stored(tmp_path, jobs)) == sorted(r.trial for r in first)


def test_records_of_earlier_versions_are_current_again_even_those_that_were_set_aside(
    tmp_path, jobs
):
    """As such a version left them: what it replaced lies in ``superseded``."""
    changed = with_rate(jobs, 0.5)
    run(tmp_path, jobs)
    for job in jobs:
        if job.trial.arm == "finetune":
            aside = place(tmp_path, job).parent / "superseded"
            aside.mkdir(exist_ok=True)
            place(tmp_path, job).rename(aside / place(tmp_path, job).name)
    run(tmp_path, changed)
    for job in changed:
        place(tmp_path, job).rename(toy.old_name(place(tmp_path, job)))
    before = stamps(tmp_path)
    assert run(tmp_path, jobs) == run(tmp_path, changed) == []
    assert len(stored(tmp_path, jobs)) == len(stored(tmp_path, changed)) == len(jobs)
    assert stamps(tmp_path) == before


def test_planning_lists_no_folder(tmp_path, jobs, monkeypatch):
    run(tmp_path, jobs[:6])

    def listed(*arguments, **options):
        raise AssertionError("a folder of many records would be listed once for each trial")

    monkeypatch.setattr(os, "scandir", listed)
    monkeypatch.setattr(os, "listdir", listed)
    assert len(missing(tmp_path, jobs)) == len(jobs) - 6


def test_stale_records_are_never_handed_out(tmp_path, jobs):
    run(tmp_path, jobs)
    found = {record.trial.arm for record in stored(tmp_path, with_rate(jobs, 0.5))}
    assert found == {"scratch", "probe"}


def test_no_record_at_all_is_an_error_for_people(tmp_path, jobs):
    with pytest.raises(UserError, match="none of these trials has a current record"):
        stored(tmp_path, jobs)


class Notes(Watch):
    """Goes on, whatever it is told."""

    def __init__(self):
        self.faults, self.failures = [], {}

    def set_aside(self, fault):
        self.faults.append(str(fault))

    def failed(self, trial, error):
        self.failures[trial] = str(error)


@pytest.mark.parametrize("content", ["{", "", "[]", '{"trial": {}}'])
def test_a_damaged_record_is_named_and_trained_again(tmp_path, jobs, content):
    run(tmp_path, jobs)
    place(tmp_path, jobs[3]).write_text(content)
    notes = Notes()
    assert [record.trial for record in run(tmp_path, jobs, watch=notes)] == [jobs[3].trial]
    assert len(notes.faults) == 1
    assert place(tmp_path, jobs[3]).name in notes.faults[0]


def test_a_record_copied_to_another_seed_is_named_and_that_seed_is_trained(tmp_path, jobs):
    one, other = [job for job in jobs if job.trial.arm == "probe"][:2]
    run(tmp_path, [one])
    copied = place(tmp_path, other)
    copied.write_bytes(place(tmp_path, one).read_bytes())
    notes = Notes()
    assert [record.trial for record in run(tmp_path, [one, other], watch=notes)] == [other.trial]
    assert "the record of another trial" in notes.faults[0]


OTHER = "0" * 64


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data.hash", OTHER),
        ("data.image_size", 99),
        ("weights_hash", OTHER),
        ("subset_hash", OTHER),
        ("recipe.learning_rate", 0.25),
        ("fingerprint", OTHER),
    ],
)
def test_a_record_that_rests_on_something_else_is_trained_again(tmp_path, jobs, field, value):
    job = next(job for job in jobs if job.trial.arm == "finetune")
    run(tmp_path, [job])
    path = place(tmp_path, job)
    content = json.loads(path.read_text())
    *inside, name = field.split(".")
    (content[inside[0]] if inside else content)[name] = value
    path.write_text(json.dumps(content))
    assert [record.trial for record in run(tmp_path, [job])] == [job.trial]
    assert run(tmp_path, [job]) == []


def test_the_record_of_another_subset_does_not_pass_for_this_seed(tmp_path, jobs):
    one, other = [job for job in jobs if job.trial.arm == "probe"][:2]
    assert one.trial.seed != other.trial.seed
    renamed = dataclasses.replace(made_by(one), trial=other.trial)
    store.save(tmp_path, renamed)
    assert [record.trial for record in run(tmp_path, [other])] == [other.trial]


def test_a_folder_in_a_records_place_does_not_stop_the_run(tmp_path, jobs):
    path = place(tmp_path, jobs[0])
    (path / "inside").mkdir(parents=True)
    notes = Notes()
    assert len(run(tmp_path, jobs, watch=notes)) == len(jobs)
    assert path.is_file()
    assert "not an ordinary file" in notes.faults[0]


def test_records_that_cannot_be_written_are_an_error_before_any_training(tmp_path, jobs):
    (tmp_path / "toy").write_text("in the way")

    def never(job):
        raise AssertionError("trained")

    with pytest.raises(UserError, match="cannot write here"):
        run(tmp_path, jobs, never)


def failing_for_scratch(job):
    if job.trial.arm == "scratch":
        nothing = {"predictions": (), "correct": "", "accuracy": None}
        return dataclasses.replace(made_by(job), status="failed", reason="NaN", **nothing)
    return made_by(job)


def test_a_failed_trial_does_not_stop_the_sweep_and_is_not_tried_again(tmp_path, jobs):
    records = run(tmp_path, jobs, failing_for_scratch)
    assert len(records) == len(jobs)
    assert sum(record.status == "failed" for record in records) == 4
    assert run(tmp_path, jobs) == []


def test_records_are_stored_before_they_are_handed_out(tmp_path, jobs):
    for record in sweep.run(tmp_path, jobs, 1, function=made_by):
        assert store.load_file(store.path_of(tmp_path, record.trial, record.fingerprint)) == record


def refuse_finetune(job):
    if job.trial.arm == "finetune":
        raise UserError("no such weights")
    return made_by(job)


def test_a_trial_that_cannot_be_run_is_named_and_the_rest_goes_on(tmp_path, jobs):
    notes = Notes()
    records = run(tmp_path, jobs, refuse_finetune, watch=notes)
    assert {record.trial.arm for record in records} == {"scratch", "probe"}
    assert {trial.arm for trial in notes.failures} == {"finetune"}
    assert set(notes.failures.values()) == {"no such weights"}
    assert len(run(tmp_path, jobs)) == 4, "what failed is run by the next command"


def test_without_anybody_to_tell_the_first_error_ends_the_sweep_and_keeps_what_is_done(
    tmp_path, jobs
):
    with pytest.raises(UserError, match="no such weights"):
        list(sweep.run(tmp_path, jobs, 1, function=refuse_finetune))
    kept = [store.load_file(file).trial.arm for file in store.record_files(tmp_path)]
    assert kept
    assert "finetune" not in kept


def test_a_disk_that_is_full_ends_the_workers_at_once(tmp_path, jobs, monkeypatch):
    ended = []

    def watched(function, jobs, workers, *, until, **told):
        try:
            yield from run_here(function, jobs, **told)
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


# Several sweeps on one folder of records


class Counted:
    """Makes records up, slowly, and knows which."""

    def __init__(self):
        self.made = []

    def __call__(self, job):
        self.made.append(job.trial)
        time.sleep(0.02)
        return made_by(job)


def test_two_sweeps_share_the_work_and_nothing_is_run_twice(tmp_path, jobs, monkeypatch):
    monkeypatch.setattr(sweep, "_SECONDS", 0.01)
    counted = Counted()
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: run(tmp_path, jobs, counted), range(2))
    assert sorted(counted.made) == sorted(job.trial for job in jobs)
    assert sorted(r.trial for r in [*one, *other]) == sorted(counted.made)
    assert one
    assert other
    assert len(stored(tmp_path, jobs)) == len(jobs)
    assert not list(tmp_path.rglob(".*")), "no lock and no temporary file is left"


class Other(Notes):
    """Another sweep has a trial: what becomes of it is decided as soon as this one waits for it."""

    def __init__(self, held, then):
        super().__init__()
        self.held, self.then, self.elsewhere = held, then, []

    def waits(self, trials):
        if self.held is not None:
            self.then()
            self.held.close()
            self.held = None

    def found(self, record):
        self.elsewhere.append(record.trial)


@pytest.fixture
def held(tmp_path, jobs):
    store.prepare(tmp_path, [job.trial for job in jobs])
    stack = ExitStack()
    assert stack.enter_context(locks.hold(place(tmp_path, jobs[0])))
    return stack


def test_a_trial_that_another_sweep_ends_is_waited_for_and_not_run(tmp_path, jobs, held):
    other = Other(held, then=lambda: store.save(tmp_path, made_by(jobs[0])))
    records = run(tmp_path, jobs, watch=other)
    assert {record.trial for record in records} == {job.trial for job in jobs[1:]}
    assert other.elsewhere == [jobs[0].trial]


def test_a_trial_whose_sweep_is_killed_is_taken_over(tmp_path, jobs, held):
    other = Other(held, then=lambda: None)
    records = run(tmp_path, jobs, watch=other)
    assert records[-1].trial == jobs[0].trial
    assert len(records) == len(jobs)


def test_a_sweep_of_other_settings_runs_what_the_first_one_had(tmp_path, jobs, held):
    stale = dataclasses.replace(made_by(jobs[0]), fingerprint=OTHER)
    other = Other(held, then=lambda: store.save(tmp_path, stale))
    assert len(run(tmp_path, jobs, watch=other)) == len(jobs)


def test_what_is_left_of_killed_sweeps_goes_even_where_all_is_stored(tmp_path, jobs):
    run(tmp_path, jobs)
    path = place(tmp_path, jobs[0])
    path.with_name(f".{path.name}.{2**22 + 1}.tmp").write_text("{half")
    path.with_name(f".{path.stem}.lock").write_text("")
    assert run(tmp_path, jobs) == []
    assert not list(tmp_path.rglob(".*"))


# Killed at any moment


def real_sweep(root, jobs):
    for _ in sweep.run(root, jobs, 1):
        pass


def stamps(root):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in store.record_files(root)}


@pytest.mark.slow
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
    assert len(list(store.record_files(tmp_path))) == len(jobs)


# Within a time


def in_this_process(function, jobs, workers, *, until, **told):
    return run_here(function, jobs, **told)


def within(root, jobs, limit, executor=in_this_process):
    return sweep.run(root, jobs, 1, Notes(), function=made_by, executor=executor, limit=limit)


def test_what_would_not_end_in_time_is_left_and_the_most_decisive_comes_first(tmp_path, jobs):
    limit = Limit(time.time() + 600, {("scratch", 2): 3600.0})
    made = list(within(tmp_path, jobs, limit))
    cells = [(record.trial.arm, record.trial.images_per_class) for record in made]
    assert ("scratch", 2) not in cells
    assert cells[:2] == [("probe", 2), ("finetune", 2)]
    assert {job.trial.arm for job in missing(tmp_path, jobs)} == {"scratch"}


def test_after_the_time_nothing_is_begun(tmp_path, jobs):
    over = Limit(time.time() - 1)
    assert list(within(tmp_path, jobs, over)) == []


def test_what_still_trains_when_the_time_is_over_is_another_sweeps_to_run(tmp_path, jobs):
    limit, ends = Limit(time.time() + 600), []

    def cut_short(function, jobs, workers, *, begin, until, **told):
        ends.append(until)
        yield from map(function, list(filter(begin, jobs))[:2])

    made = list(within(tmp_path, jobs, limit, cut_short))
    assert [record.trial.arm for record in made] == ["probe", "finetune"]
    assert ends == [limit.at]
    assert len(run(tmp_path, jobs)) == len(jobs) - 2
