from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from toy import recipe

from benchmark.tasks.subsets import subset
from benchmark.training import backbones, schedule, trunks
from benchmark.training.fit import fit_network, pretrained_start, random_start
from benchmark.training.loop import Run
from benchmark.training.trunks import Trunk
from benchmark.training.work import Work

STEPS, IN_TRUNK = 10, 7
RECIPE = recipe(STEPS, trunk_scale=0.5)
TWICE = replace(RECIPE, views=2 * RECIPE.views)
LEFT, CONTINUED = Trunk("key", leaves=True), Trunk("key", leaves=False)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh_cache")]


@pytest.fixture
def work(dataset, backbone):
    chosen = subset(dataset.train.labels, 2, 0)
    return Work(backbones.find(backbone), dataset, chosen, 0, RECIPE)


@pytest.fixture
def taken(monkeypatch):
    """The steps that were taken."""
    steps, step = [], Run._one_step
    monkeypatch.setattr(Run, "_one_step", lambda run: (steps.append(run.step), step(run))[1])
    return steps


def fit(work, start=random_start, **changed):
    return fit_network(replace(work, **changed), start)


def same(one, other):
    losses = one.training.losses == other.training.losses
    return losses and np.array_equal(one.predictions, other.predictions)


def drops(work):
    """A network of the same tensors whose steps draw random numbers of torch's own."""
    model = random_start(work)
    model.global_pool = nn.Sequential(model.global_pool, nn.Dropout(0.3))
    return model


@pytest.mark.parametrize("start", [random_start, pretrained_start, drops])
@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_a_continued_training_is_the_one_from_the_start_to_the_last_bit(
    work, taken, start, optimiser
):
    work = replace(work, recipe=replace(RECIPE, optimiser=optimiser))
    twice = replace(work, recipe=replace(TWICE, optimiser=optimiser))
    fit(work, start, trunk=LEFT)
    whole, first = fit(twice, start), len(taken)
    continued = fit(twice, start, trunk=CONTINUED)
    assert same(continued, whole)
    assert taken[first:] == list(range(IN_TRUNK, 2 * STEPS))


def test_who_leaves_a_trunk_trains_as_if_it_left_none(work, taken):
    one, other = fit(work), fit(work, trunk=LEFT)
    assert same(one, other)
    assert len(taken) == 2 * STEPS
    assert CONTINUED.steps == IN_TRUNK


@pytest.mark.parametrize("changed", [{"floor": 0.0}, {"views": 8 * 40}])
def test_one_that_cooled_down_early_is_continued_from_there(work, taken, monkeypatch, changed):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 8)
    early = replace(work, recipe=recipe(20, floor=100.0, floor_after=7 * 8))
    assert fit(early, trunk=LEFT).training.steps == 10
    varied = replace(early, recipe=replace(early.recipe, **changed))
    whole, first = fit(varied), len(taken)
    assert same(fit(varied, trunk=CONTINUED), whole)
    assert taken[first] == CONTINUED.steps == 7


def test_seconds_are_those_of_the_whole_training(work, monkeypatch):
    times = iter(range(100))
    monkeypatch.setattr("benchmark.training.loop.time.perf_counter", lambda: next(times))
    fit(work, trunk=LEFT)
    alone = fit(work, recipe=TWICE, trunk=Trunk("another", leaves=False)).training.seconds
    assert fit(work, recipe=TWICE, trunk=CONTINUED).training.seconds > alone


def left(work, **changed) -> Path:
    fit(work, trunk=LEFT, **changed)
    return LEFT.file


def flip_last_byte(content):
    return content[:-1] + bytes([content[-1] ^ 1])


def claim_more_steps(content):
    return content.replace(b'"begun": "', b'"begun": "0')


@pytest.mark.parametrize(
    "spoil",
    [
        flip_last_byte,
        claim_more_steps,
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"\n" + content,
        lambda content: b"[1]\n" + content,
        lambda content: b"\xff" * 5000,
    ],
)
def test_a_damaged_or_foreign_file_is_passed_over(work, taken, spoil):
    file = left(work)
    file.write_bytes(spoil(file.read_bytes()))
    assert_trained_from_its_start(replace(work, recipe=TWICE), taken)


def assert_trained_from_its_start(work, taken, start=random_start):
    whole, first = fit(work, start), len(taken)
    assert same(fit(work, start, trunk=CONTINUED), whole)
    assert taken[first:] == list(range(work.recipe.steps))


def test_a_file_that_holds_code_is_not_run(work, taken, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "harm"),)

    file = left(work)
    facts = file.read_bytes().partition(b"\n")[0]
    begun = json.loads(facts)["begun"]
    torch.save({"step": Harmful()}, file)
    saved = file.read_bytes()
    facts = json.dumps({"steps": IN_TRUNK, **trunks._facts(begun, saved)})
    file.write_bytes(facts.encode() + b"\n" + saved)
    assert_trained_from_its_start(replace(work, recipe=TWICE), taken)
    assert not (tmp_path / "harm").exists()


def test_a_folder_in_its_place_is_passed_over(work, taken):
    LEFT.file.mkdir(parents=True)
    assert CONTINUED.steps == 0
    assert_trained_from_its_start(work, taken)
    fit(work, trunk=LEFT)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"subset": np.arange(6)},
        {"recipe": replace(TWICE, learning_rate=0.02)},
        {"recipe": replace(TWICE, views=RECIPE.views // 2)},
    ],
)
def test_one_that_would_not_have_come_by_is_not_continued(work, taken, other):
    left(work)
    assert_trained_from_its_start(replace(work, **{"recipe": TWICE, **other}), taken)


def scaled(work):
    model = random_start(work)
    next(model.parameters()).data *= 2
    return model


@pytest.mark.parametrize("start", [scaled, drops])
def test_an_arm_that_trains_from_two_starts_continues_neither_from_the_other(work, taken, start):
    left(work)
    assert_trained_from_its_start(replace(work, recipe=TWICE), taken, start)


def test_other_labels_of_the_same_images_make_another_training(work, taken, dataset):
    left(work)
    turned = replace(dataset.train, labels=2 - dataset.train.labels)
    other = replace(work, dataset=replace(dataset, train=turned), recipe=TWICE)
    assert_trained_from_its_start(other, taken)


def test_other_budgets_leave_stored_trunks_alone(work, taken):
    left(work)
    scored = fit(work, recipe=TWICE, other_budgets=(8 * 10,), trunk=CONTINUED)
    assert set(scored.at_other_budgets) == {8 * 10}


def test_a_folder_that_cannot_be_written_or_a_full_disk_hinders_no_training(
    work, monkeypatch, tmp_path
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "file"))
    assert same(fit(work, trunk=LEFT), fit(work))
    assert same(fit(work, trunk=CONTINUED), fit(work))


def test_a_trunk_is_there_as_a_whole_or_not_at_all(work, monkeypatch):
    def fails(source, target):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        fit(work, trunk=LEFT)
    assert list(LEFT.file.parent.iterdir()) == []


def leave_many(work, count):
    for seed in range(count):
        fit(work, seed=seed, trunk=replace(LEFT, key=str(seed)))
        os.utime(trunks._folder() / f"{seed}.trunk", (seed, seed))


def kept():
    return {file.stem for file in trunks._folder().iterdir()}


def test_the_oldest_go_first(work, monkeypatch):
    size = left(work, recipe=recipe(1)).stat().st_size
    LEFT.file.unlink()
    monkeypatch.setattr(trunks, "LIMIT", 3 * size)
    leave_many(replace(work, recipe=recipe(1)), 5)
    assert kept() == {"2", "3", "4"}


def test_one_beyond_the_limit_is_not_kept_and_costs_no_other_its_place(work, monkeypatch):
    size = left(work, recipe=recipe(1)).stat().st_size
    monkeypatch.setattr(trunks, "LIMIT", size + 1000)
    fit(work, trunk=Trunk("with what its optimiser knows", leaves=True))
    assert kept() == {"key"}


def test_nothing_is_spared_where_nothing_is_stored(work):
    assert CONTINUED.steps == 0
    left(work)
    assert (LEFT.steps, CONTINUED.steps) == (0, IN_TRUNK)
    LEFT.file.write_text("{}")
    assert CONTINUED.steps == 0
