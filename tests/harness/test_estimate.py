from __future__ import annotations

from dataclasses import replace

import pytest
from toy import record

from benchmark.harness import estimate, plan
from benchmark.harness.estimate import Speed
from benchmark.harness.executors import run_here
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.own_recipes import ReconstructionRecipe
from benchmark.training.loop import Run

pytestmark = pytest.mark.slow

SPEED = Speed(step=0.1, once=1.0)


@pytest.fixture(scope="module")
def jobs(task, backbone):
    return plan.prepare(Selection((task,), (backbone,), ("scratch", "probe"), (1, 2), 2)).jobs


@pytest.fixture
def measured(monkeypatch):
    """The jobs whose steps were measured; each kind costs the same."""
    seen = []
    monkeypatch.setattr(estimate, "measure", lambda job, patience: seen.append(job) or SPEED)
    monkeypatch.setattr(
        estimate.executors, "run", lambda function, jobs, workers, until: run_here(function, jobs)
    )
    return seen


def core_seconds(jobs, *folders):
    return estimate.estimate(jobs, 1, folders).core_seconds


@pytest.mark.usefixtures("measured")
def test_images_and_trials_are_counted(jobs):
    expected = estimate.estimate(jobs, workers=1, recorded=())
    assert expected.trials == 8
    assert expected.images == 4 * jobs[0].recipe.views


@pytest.mark.usefixtures("measured")
def test_time_is_steps_times_their_cost_plus_what_a_trial_costs_once(jobs):
    steps = jobs[0].recipe.steps
    assert core_seconds(jobs) == pytest.approx(4 * (1 + 0.1 * steps) + 4 * 0.5)


@pytest.mark.usefixtures("measured")
def test_two_processes_take_half_the_time_but_for_the_start(jobs):
    one, two = (estimate.estimate(jobs, workers, ()).seconds for workers in (1, 2))
    assert one - 10 == pytest.approx(2 * (two - 10))


@pytest.mark.usefixtures("measured")
def test_a_pre_training_counts_and_does_not_end_early(jobs, tmp_path):
    recipe = ReconstructionRecipe(**vars(jobs[0].recipe), pretraining=3.0)
    job = replace(jobs[0], recipe=recipe)
    assert estimate.estimate([job], 1, ()).images == 4 * recipe.views
    for n in (1, 2):  # both ended after a fifth of the training on labels
        store.save(tmp_path, record("scratch", n, recipe={"views": 400, "batch_size": 16}))
    used = (3 * recipe.views + 80) / (4 * recipe.views)
    assert core_seconds([job], tmp_path) == pytest.approx(1 + 0.1 * recipe.steps * used)


def test_an_arm_that_needs_several_classes_can_be_measured(task, backbone, monkeypatch):
    monkeypatch.setattr(estimate, "_MOST_TENS", 1)
    selection = Selection((task,), (backbone,), ("finetune_head_first",), (1,), 1)
    (job,) = plan.prepare(selection).jobs
    assert estimate.measure(job).step > 0


@pytest.mark.usefixtures("measured", "fresh_cache")
@pytest.mark.parametrize(("scale", "share"), [(1.0, 1.0), (0.5, 0.25 / 0.475)])
def test_what_a_trunk_spares_is_not_counted(jobs, scale, share):
    job = replace(jobs[-2], recipe=replace(jobs[-2].recipe, trunk_scale=scale))
    assert job.trial.arm == "scratch"
    again = job.varied("steps-x2")
    whole = estimate.estimate([again], 1, ())
    again.stored_trunk.file.parent.mkdir(parents=True)
    again.stored_trunk.file.write_text('{"steps": 3}')
    spared = estimate.estimate([again], 1, ())
    assert whole.images - spared.images == 3 * job.recipe.batch_size
    assert whole.core_seconds - spared.core_seconds == pytest.approx(3 * 0.1 * share)
    assert core_seconds([job]) == core_seconds([replace(job, trunk=None)])


def test_nothing_to_run_costs_nothing():
    assert estimate.estimate([], workers=2, recorded=()).seconds == 0


def test_each_kind_of_step_is_measured_on_as_many_cores_as_will_be_used(jobs, measured):
    estimate.estimate(jobs, workers=2, recorded=())
    assert [job.trial.arm for job in measured] == ["scratch"] * 2


@pytest.mark.parametrize(
    "other", [{"batch_size": 32}, {"optimiser": "adamw"}, {"trunk_scale": 0.5}, {"cooldown": 0.5}]
)
def test_what_makes_a_step_cost_otherwise_is_measured_anew(jobs, measured, other):
    changed = replace(jobs[-2], recipe=replace(jobs[-2].recipe, **other))
    core_seconds([*jobs, changed])
    assert len(measured) == 2


def test_settings_that_cost_nothing_are_not_measured(jobs, measured):
    core_seconds([*jobs, replace(jobs[-2], recipe=replace(jobs[-2].recipe, learning_rate=1.0))])
    assert len(measured) == 1


def test_a_measurement_gives_positive_times(jobs, monkeypatch):
    monkeypatch.setattr(estimate, "_MOST_TENS", 1)
    speed = estimate.measure(jobs[0])
    assert speed.step > 0
    assert speed.once >= 0


def test_measured_trainings_have_the_share_of_small_images_of_a_whole_one(jobs, monkeypatch):
    taken = []
    step = Run._one_step
    monkeypatch.setattr(Run, "_one_step", lambda run: (taken.append(run.side), step(run))[1])
    monkeypatch.setattr(estimate, "_MOST_TENS", 2)
    recipe = replace(jobs[0].recipe, trunk_scale=0.5, batch_size=2, floor=100.0)
    estimate.measure(replace(jobs[0], recipe=recipe))
    warm_up = 4
    for steps, first in ((10, warm_up), (30, warm_up + 10), (10, warm_up + 40)):
        assert taken[first : first + steps].count(8) == 0.7 * steps
    assert len(taken) == warm_up + 10 + 30 + 10


def test_a_slow_network_is_measured_over_few_steps(jobs, monkeypatch):
    lasted = iter([4 * 100.0, 1010.0, 2010.0, 1015.0])  # 100 s a step, 10 s and 15 s beside them
    monkeypatch.setattr(estimate, "_seconds", lambda action: next(lasted))
    assert estimate.measure(jobs[0]) == Speed(step=100.0, once=15.0)


@pytest.mark.usefixtures("measured")
def test_earlier_trainings_tell_how_much_of_the_budget_is_used(jobs, tmp_path):
    for n in (1, 2):  # both ended after 5 steps of 16
        store.save(tmp_path, record("scratch", n, recipe={"views": 10_000, "batch_size": 16}))
    saved = 4 * 0.1 * jobs[0].recipe.steps * (1 - 80 / jobs[0].recipe.views)
    assert core_seconds(jobs) - core_seconds(jobs, tmp_path) == pytest.approx(saved)
