import dataclasses

import numpy as np
import pytest
from measured import budget

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import executors, saturation
from benchmark.records.recipe import always
from benchmark.records.record import Training
from benchmark.records.saturation import change_saturation, read_saturation
from benchmark.training import backbones
from benchmark.training.loop import DivergedError
from benchmark.training.work import Outcome

TIMES, SIZES, ARMS = saturation.TIMES, (2, 4), ("scratch", "finetune")


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(saturation, "SIZES", SIZES)
    monkeypatch.setattr(saturation, "HELD_OUT", 2)
    monkeypatch.setattr(
        saturation.executors,
        "run",
        lambda function, jobs, workers: executors.run_here(function, jobs),
    )


@pytest.fixture
def trained(monkeypatch):
    """The works that arms got; they guess the more classes right, the more views they have."""
    works = []

    def guess(work):
        works.append(work)
        labels = work.dataset.test.labels
        right = {v: min(len(labels), v // 100) for v in work.other_budgets}
        guesses = {v: np.where(np.arange(len(labels)) < n, labels, -1) for v, n in right.items()}
        return Outcome(labels, Training(1, (1.0,), True, 1.0), guesses)

    stubs = {name: dataclasses.replace(arms.arm(name), fit=guess) for name in ARMS}
    monkeypatch.setattr(saturation.arms, "arm", stubs.__getitem__)
    return works


def plan(backbone, *tasks, seeds=(1000,)):
    return saturation.plan(backbones.find(backbone), tasks, seeds)


def test_every_trained_arm_size_and_seed_is_one_training_with_all_budgets(task, backbone):
    planned = plan(backbone, task, seeds=(1000, 1001))
    assert len(planned) == len(ARMS) * len(SIZES) * 2
    for curve in planned:
        assert [one.times for one in curve.budgets] == list(TIMES)
        assert [one.views for one in curve.budgets] == [t * curve.recipe.views for t in TIMES]
    assert {curve.budgets[0].arm for curve in planned} == set(ARMS)


def test_the_rule_is_that_of_a_sweep(task, backbone, monkeypatch):
    monkeypatch.setitem(arms.all_arms(), "scratch", growing(arms.arm("scratch")))
    views = {
        c.budgets[0].images_per_class: c.recipe.views for c in plan(backbone, task) if is_scratch(c)
    }
    assert views == {2: 20, 4: 40}


def growing(arm):
    recipe = arm.recipe_at(1, 3)
    rule = lambda n, classes: dataclasses.replace(recipe, views=1000 * n)  # noqa: E731
    return dataclasses.replace(arm, recipe_at=rule)


def is_scratch(curve):
    return curve.budgets[0].arm == "scratch"


def test_each_budget_is_scored_on_the_held_out_images(task, backbone, trained):
    curve = next(c for c in plan(backbone, task) if is_scratch(c))
    found = saturation.run(curve)
    assert trained[0].other_budgets == tuple(one.views for one in curve.budgets)
    assert len(trained[0].dataset.test.labels) == 2 * 3
    assert found == {one: round(min(6, one.views // 100) / 6, 4) for one in curve.budgets}


def test_a_training_that_diverges_says_nothing(task, backbone, monkeypatch):
    def diverging(work):
        raise DivergedError("NaN")

    stub = dataclasses.replace(arms.arm("scratch"), fit=diverging)
    monkeypatch.setattr(saturation.arms, "arm", lambda name: stub)
    assert saturation.run(plan(backbone, task)[0]) == {}


def test_an_arm_that_knows_one_budget_only_says_nothing(task, backbone, monkeypatch):
    outcome = Outcome(np.zeros(6), Training(1, (1.0,), True, 1.0))
    stub = dataclasses.replace(arms.arm("scratch"), fit=lambda work: outcome)
    monkeypatch.setattr(saturation.arms, "arm", lambda name: stub)
    assert saturation.run(plan(backbone, task)[0]) == {}


def test_measurements_are_kept_and_not_made_again(task, backbone, trained, tmp_path):
    file = tmp_path / "saturation.csv"
    first = saturation.measure(backbone, [task], 1, 2, file)
    assert len(first) == len(ARMS) * len(SIZES) * 2 * len(TIMES)
    assert saturation.measure(backbone, [task], 1, 2, file) == first == read_saturation(file)
    assert len(trained) == len(ARMS) * len(SIZES) * 2
    assert {work.seed for work in trained} == {1000, 1001}


def test_what_was_measured_before_an_interruption_counts(
    task, backbone, trained, monkeypatch, tmp_path
):
    file, whole = tmp_path / "saturation.csv", saturation.run

    def interrupted(curve):
        if len(trained) == 3:
            raise KeyboardInterrupt
        return whole(curve)

    monkeypatch.setattr(saturation, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        saturation.measure(backbone, [task], 1, 2, file)
    assert len(read_saturation(file)) == 3 * len(TIMES)
    monkeypatch.setattr(saturation, "run", whole)
    saturation.measure(backbone, [task], 1, 2, file)
    assert len(trained) == len(ARMS) * len(SIZES) * 2


def test_measurements_with_another_recipe_leave_the_file_and_others_stay(
    task, backbone, trained, tmp_path
):
    file = tmp_path / "saturation.csv"
    stale = budget(fingerprint="former", seed=1007)
    others = {budget(task="elsewhere"): 0.5, budget(backbone="other"): 0.5}
    change_saturation(file, lambda _: {stale: 0.5} | others)
    found = saturation.measure(backbone, [task], 1, 2, file)
    assert read_saturation(file) == found | others


def test_fewer_seeds_leave_those_that_were_measured_in_the_file(task, backbone, trained, tmp_path):
    file = tmp_path / "saturation.csv"
    three = saturation.measure(backbone, [task], 1, 3, file)
    two = saturation.measure(backbone, [task], 1, 2, file)
    assert len(two) < len(three)
    assert read_saturation(file) == three


def test_tasks_with_too_few_images_are_one_message(task, backbone, monkeypatch):
    monkeypatch.setattr(saturation, "SIZES", (4000,))
    with pytest.raises(UserError, match=r"no task has 4000 training images .* beside"):
        saturation.measure(backbone, [task], 1)


def test_a_real_training_has_an_accuracy_for_each_budget(task, backbone, monkeypatch):
    short = dataclasses.replace(
        arms.arm("scratch"),
        recipe_at=always(dataclasses.replace(arms.arm("scratch").recipe_at(1, 3), views=6_400)),
    )
    monkeypatch.setitem(arms.all_arms(), "scratch", short)
    curve = next(c for c in plan(backbone, task) if is_scratch(c))
    found = saturation.run(curve)
    assert set(found) == set(curve.budgets)
    assert all(0 <= accuracy <= 1 for accuracy in found.values())
