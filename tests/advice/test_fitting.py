from __future__ import annotations

import time

import pytest

from benchmark.advice import fitting
from benchmark.advice.fitting import fitted
from benchmark.harness.early_ends import Past
from benchmark.harness.estimate import Expected, Speed


class Steps(dict):
    """Every step takes as long; the toy task has 6 steps a training."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __contains__(self, kind):
        return True

    def __getitem__(self, kind):
        return Speed(self.seconds, 0.0)


@pytest.fixture
def plan(task, backbone, tmp_path, monkeypatch):
    """The plan for so many seconds, where a step takes ``step`` seconds."""

    def made(seconds, step):
        known = Expected(Steps(step) if step else {}, Past(()))
        monkeypatch.setattr(Expected, "measured", lambda *given: known)
        monkeypatch.setattr(fitting, "_START", 0.0)
        at = time.time() + seconds
        return fitted(task, backbone, at, 1, tmp_path / "records")

    return made


def test_with_time_enough_nothing_is_made_smaller(plan):
    found = plan(1000, 0.01)
    assert found.trains
    assert found.notes == ()
    assert found.selection.images_per_class is None
    assert found.limit.expected["scratch", 4] == pytest.approx(0.06, abs=0.03)


def test_steps_go_before_training_does(plan, task):
    found = plan(60, 1.0)
    (smaller,) = found.selection.tasks
    assert smaller.budget < task.budget
    assert any("of their usual steps" in note for note in found.notes)
    assert 4 in found.selection.images_per_class


def test_a_plan_for_the_largest_n_alone_comes_before_less_than_half_of_the_steps(plan, task):
    found = plan(30, 1.0)  # two seeds of two arms, of 6 seconds each
    assert found.selection.images_per_class == (4,)
    assert found.selection.tasks == (task,)
    (note,) = found.notes
    assert "only N = 4 was run" in note


def test_without_time_to_train_probes_are_left(plan):
    found = plan(10, 100.0)
    assert found.selection.arms == ("probe",)
    assert "no time to train" in found.notes[0]


def test_what_was_too_slow_to_be_measured_is_not_trained(plan):
    assert not plan(1000, None).trains
