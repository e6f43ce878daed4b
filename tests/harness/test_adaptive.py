from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
import toy

from benchmark.analysis.next_trials import FIRST, FIRST_AT_SMALLEST, Add, Stop
from benchmark.errors import UserError
from benchmark.harness import adaptive, audit, plan, sweep
from benchmark.harness.grown import Aim, Grown, costs
from benchmark.harness.plan import Selection
from benchmark.harness.watch import Watch
from benchmark.records import store

AIM = Aim()
GAINS = {1: 0.3, 2: 0.02, 4: 0.011}
"""From N=2 on it is open whether the gain is above the margin, at N=4 for ever."""
START = {1: FIRST_AT_SMALLEST, 4: FIRST}


class Asked(Watch):
    """Remembers the steps; fails no trial by itself."""

    def __init__(self):
        self.steps, self.errors = [], []

    def asked(self, what, step):
        self.steps.append((what, step))

    def failed(self, trial, error):
        self.errors.append(trial)


@pytest.fixture
def selection(task, backbone):
    return Selection((task,), (backbone,), ("scratch", "probe", "finetune"))


@pytest.fixture
def trained(monkeypatch):
    """Trials that were run, in order; ``GAINS`` without any training."""
    done = []
    original = sweep.run

    def train(job):
        done.append(job.trial)
        return made_by(job)

    monkeypatch.setattr(sweep, "run", partial(original, function=train))
    return done


def made_by(job, **changed):
    trial = job.trial
    share = 0.5 + (0.0 if trial.arm == "scratch" else GAINS[trial.images_per_class])
    luck = np.random.default_rng([trial.seed, len(trial.arm), trial.images_per_class])
    right = luck.random(4000) < share + 0.02 * luck.standard_normal()
    made = toy.made_by(job, "".join("01"[int(one)] for one in right))
    return dataclasses.replace(made, **changed)


def bench(selection, records, aim=AIM):
    watch = Asked()
    (board,) = adaptive.bench(selection, records, aim, watch=watch)
    return board, watch


def test_seeds_go_where_they_decide_and_every_arm_gets_the_same(selection, trained, tmp_path):
    board, _ = bench(selection, tmp_path)
    assert board.seeds[4] > board.seeds[1] == FIRST_AT_SMALLEST
    for arm in board.arms.values():
        assert {p.images_per_class: p.seeds for p in arm.points} == board.seeds
    assert len(trained) == len(set(trained)) == 3 * sum(board.seeds.values())


def test_what_is_said_of_the_weights_stands_in_all_records(selection, trained, tmp_path):
    assert bench(selection, tmp_path)[0].pretrained_on == "unknown"
    said = dataclasses.replace(selection, pretrained_on="RadImageNet")
    trained.clear()
    assert bench(said, tmp_path)[0].pretrained_on == "RadImageNet"
    assert not trained


def test_every_step_is_told_and_the_last_says_why_it_stopped(selection, trained, tmp_path):
    _, watch = bench(selection, tmp_path)
    names, steps = zip(*watch.steps, strict=True)
    assert set(names) == {"toy with net"}
    assert steps[0].seeds == START
    assert all(isinstance(step, Add) for step in steps[:-1])
    assert isinstance(steps[-1], Stop)


def test_a_second_run_trains_nothing_and_says_the_same(selection, trained, tmp_path):
    first, before = bench(selection, tmp_path)
    count = len(trained)
    second, after = bench(selection, tmp_path)
    assert (first, len(trained)) == (second, count)
    assert after.steps == before.steps[-1:]


@pytest.mark.parametrize("finished", [1, 7, 20, 24])
def test_a_run_that_was_stopped_goes_on(selection, trained, tmp_path, finished, monkeypatch):
    whole = sweep.run

    def cut(*given, **named):
        for record in whole(*given, **named):
            yield record
            if len(trained) == finished:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "run", cut)
        with pytest.raises(KeyboardInterrupt):
            bench(selection, tmp_path)
    board, watch = bench(selection, tmp_path)
    assert len(trained) == len(set(trained))
    assert isinstance(watch.steps[-1][1], Stop)
    assert all(board.seeds[n] >= count for n, count in START.items())


def test_what_is_stored_already_counts_whatever_asked_for_it(selection, trained, tmp_path):
    even = dataclasses.replace(selection, seeds=6)
    list(sweep.run(tmp_path, plan.prepare(even).jobs, 1))
    board, watch = bench(selection, tmp_path)
    assert all(count >= 6 for count in board.seeds.values())
    assert watch.steps[0][1].look is not None


def test_an_arm_that_is_new_gets_the_trials_of_the_others(selection, trained, tmp_path):
    two = dataclasses.replace(selection, arms=("scratch", "finetune"))
    before, _ = bench(two, tmp_path)
    after, _ = bench(selection, tmp_path)
    assert after.seeds == before.seeds
    assert {t.arm for t in trained[2 * sum(before.seeds.values()) :]} == {"probe"}


def test_without_fine_tuning_the_first_pretrained_arm_decides(selection, trained, tmp_path):
    board, _ = bench(dataclasses.replace(selection, arms=("probe", "scratch")), tmp_path)
    assert board.comparisons["probe"].verdict.gain_at[4].seeds == board.seeds[4] > FIRST


@pytest.mark.parametrize("arms", [("scratch",), ("probe", "finetune")])
def test_without_two_arms_to_compare_nothing_can_be_decided(selection, tmp_path, arms):
    with pytest.raises(UserError, match="no verdict without scratch and a pretrained arm"):
        bench(dataclasses.replace(selection, arms=arms), tmp_path)


def test_minutes_are_of_training_and_what_is_stored_counts(selection, trained, tmp_path):
    # Each trial takes two seconds: the first seeds at every N, and once two more.
    seeds = FIRST_AT_SMALLEST + FIRST + FIRST + 2
    board, watch = bench(selection, tmp_path, Aim(minutes=(3 * 2 * seeds + 1) / 60))
    assert sum(board.seeds.values()) == seeds
    assert watch.steps[-1][1].why == "spent"


def test_a_trial_that_cannot_be_run_ends_the_questions(selection, trained, tmp_path, monkeypatch):
    def train(job):
        if job.trial.images_per_class == 4:
            raise UserError("no such image")
        return made_by(job)

    monkeypatch.setattr(sweep, "run", partial(sweep.run.func, function=train))
    board, watch = bench(selection, tmp_path)
    assert len(watch.errors) == 9
    assert board.seeds == {1: FIRST_AT_SMALLEST}
    assert len(watch.steps) == 1


def test_trials_that_diverge_are_not_asked_for_again(selection, trained, tmp_path, monkeypatch):
    def train(job):
        if job.trial.images_per_class == 4:
            nothing = {"accuracy": None, "predictions": (), "status": "failed"}
            return made_by(job, correct="", reason="loss was NaN", **nothing)
        return made_by(job)

    monkeypatch.setattr(sweep, "run", partial(sweep.run.func, function=train))
    board, watch = bench(selection, tmp_path)
    assert board.seeds[4] == FIRST
    assert isinstance(watch.steps[-1][1], Stop)


def test_the_cost_of_what_comes_next_is_known_before_it_runs(selection, trained, tmp_path):
    def sizes():
        return {(j.trial.images_per_class) for j in adaptive.upcoming(selection, tmp_path, AIM)}

    assert sizes() == {1, 4}
    assert trained == []
    list(sweep.run(tmp_path, plan.prepare(dataclasses.replace(selection, seeds=START)).jobs, 1))
    assert sizes() == {2}
    bench(selection, tmp_path)
    assert sizes() == set()


def test_an_audit_takes_what_is_stored(selection, trained, tmp_path):
    records = tmp_path / "records"
    board, _ = bench(selection, records)
    found = adaptive.stored(selection, records)
    assert {job.trial for job in found.jobs} == set(trained)
    count = len(trained)
    (audited,) = audit.audit(found, records)
    assert audited.comparisons["finetune"].verdict == board.comparisons["finetune"].verdict
    again = {(t.arm, t.images_per_class, t.seed) for t in trained[count:]}
    assert {arm for arm, _, _ in again} == {"scratch", "finetune"}
    for n in {n for _, n, _ in again}:
        assert {seed for arm, size, seed in again if size == n} == set(range(board.seeds[n]))


def test_where_nothing_is_stored_there_is_nothing_to_audit(selection, tmp_path):
    with pytest.raises(UserError, match="nothing of this selection is stored"):
        adaptive.stored(selection, tmp_path)


def test_seeds_behind_a_gap_and_stale_records_do_not_count(selection, trained, tmp_path):
    seeds = dataclasses.replace(selection, seeds={1: 3, 2: 2, 4: 1})
    jobs = plan.prepare(seeds).jobs
    list(sweep.run(tmp_path, jobs, 1))
    for job in jobs:
        if (job.trial.images_per_class, job.trial.seed, job.trial.arm) == (1, 1, "scratch"):
            store.path_of(tmp_path, job.trial, job.fingerprint).unlink()
        if (job.trial.images_per_class, job.trial.seed, job.trial.arm) == (4, 0, "finetune"):
            store.path_of(tmp_path, job.trial, job.fingerprint).unlink()
            store.save(tmp_path, made_by(job, fingerprint="0" * 64))
    assert Grown.stored(selection, tmp_path).seeds == {1: 1, 2: 2}


def test_a_seed_costs_what_trainings_took_and_elsewhere_what_their_views_say(selection):
    first = plan.prepare(dataclasses.replace(selection, seeds=1)).jobs
    views = {(j.trial.arm, j.trial.images_per_class): j.recipe.views for j in first}

    def took(arm, n, *seconds):
        return [score(arm, n, seed, one) for seed, one in enumerate(seconds)]

    found = costs(first, [*took("scratch", 1, 4.0, 6.0), *took("finetune", 1, 2.0)])
    assert found[1] == pytest.approx(5 + 2, abs=0.01)
    assert found[4] == pytest.approx(5 * views["scratch", 4] / views["scratch", 1] + 2, abs=0.01)


def score(arm, n, seed, seconds):
    from benchmark.analysis.scores import score_of

    made = toy.record(arm, n, seed)
    training = dataclasses.replace(made.training, seconds=seconds)
    return score_of(dataclasses.replace(made, training=training))
