from __future__ import annotations

from pathlib import Path

import pytest
from toy import record

from benchmark.harness import estimate, plan
from benchmark.harness.estimate import Speed
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.recipe import FULL_BUDGET

NOWHERE = Path("no records here")


@pytest.fixture(scope="module")
def jobs(task, backbone):
    return plan.prepare(Selection((task,), (backbone,), ("scratch", "probe"), (1, 2), 2)).jobs


@pytest.fixture
def known_speed(monkeypatch):
    monkeypatch.setattr(estimate, "measure", lambda job: Speed(step=0.1, once=1.0))


def test_images_and_trials_are_counted(jobs, known_speed):
    expected = estimate.estimate(jobs, workers=1, recorded=NOWHERE)
    steps = jobs[0].recipe.steps
    assert expected.trials == 8
    assert expected.images == 4 * steps * jobs[0].recipe.batch_size


def test_time_is_steps_times_their_cost_plus_what_a_trial_costs_once(jobs, known_speed):
    expected = estimate.estimate(jobs, workers=1, recorded=NOWHERE)
    steps = jobs[0].recipe.steps
    assert expected.core_seconds == pytest.approx(4 * (1 + 0.1 * steps) + 4 * 0.5)


def test_two_processes_take_half_the_time_but_for_the_start(jobs, known_speed):
    one, two = (estimate.estimate(jobs, workers, NOWHERE).seconds for workers in (1, 2))
    assert one - 10 == pytest.approx(2 * (two - 10))


def test_nothing_to_run_costs_nothing():
    assert estimate.estimate([], workers=2, recorded=NOWHERE).seconds == 0


def test_each_network_is_measured_once(jobs, monkeypatch):
    measured = []
    monkeypatch.setattr(estimate, "measure", lambda job: measured.append(job) or Speed(0.1, 1.0))
    estimate.estimate(jobs, workers=1, recorded=NOWHERE)
    assert len(measured) == 1


def test_a_measurement_gives_positive_times(jobs):
    speed = estimate.measure(jobs[0])
    assert speed.step > 0
    assert speed.once >= 0


def test_recorded_trials_tell_how_much_of_the_budget_is_used(jobs, known_speed, tmp_path):
    for n in (1, 2):
        half = record("scratch", n, recipe={"steps": 10})  # its training took 5 steps
        store.save(tmp_path, half)
    whole = estimate.estimate(jobs, 1, NOWHERE).core_seconds
    steps = 4 * 0.1 * jobs[0].recipe.steps
    assert estimate.estimate(jobs, 1, tmp_path).core_seconds == pytest.approx(whole - steps / 2)


def test_a_training_that_cannot_end_early_uses_its_whole_budget(jobs, known_speed, tmp_path):
    for n in (1, 2):
        store.save(tmp_path, record("scratch", n, recipe={"steps": 10}))
    again = [job.varied(FULL_BUDGET) for job in jobs if job.recipe.steps]
    known, unknown = (estimate.estimate(again, 1, place) for place in (tmp_path, NOWHERE))
    assert known.core_seconds == unknown.core_seconds
