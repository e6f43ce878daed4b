from __future__ import annotations

from benchmark.checks.performance import perf, scaling
from benchmark.checks.performance.efficiency import Bare, Efficiency, bare_of
from benchmark.checks.performance.perf import Report
from benchmark.checks.performance.scaling import Scale
from benchmark.harness import plan
from benchmark.harness.plan import Selection
from benchmark.records.recipe import Recipe

GOOD = Efficiency("suite", 105, 10_000, bare_seconds=95.0, wall_seconds=100.0, peak_bytes=10**8)
CHEAP = Scale(10_000, 2.0, 3.0, 10**8)


def report(efficiency=GOOD, help_seconds=0.1, first=5.0, scale=CHEAP):
    return Report((efficiency,), help_seconds, first, (scale,))


def test_efficiency_is_the_arithmetic_share_of_the_wall_time():
    assert GOOD.ratio == 0.95


def test_measurements_within_their_bounds_pass():
    assert report().failures == []


def test_each_bound_that_is_missed_is_named():
    slow = Efficiency("suite", 105, 10_000, 50.0, 100.0, 10**8)
    failures = report(slow, 0.5, 9.0, Scale(10_000, 8.0, 8.0, 3 * 10**9)).failures
    assert [line.split()[0] for line in failures] == ["harness", "--help", "the", "10000", "10000"]


def test_the_bare_loop_sees_small_images_for_as_long_as_the_recipe_does():
    half = Recipe(learning_rate=1e-3, views=0, trunk_scale=0.5)
    assert Bare("net", 3, 64, half).sides() == [64] * 3 + [32] * 7


def test_trials_that_cost_alike_share_a_bare_loop_and_a_probe_has_none(task, backbone):
    selection = Selection((task,), (backbone,), ("scratch", "finetune", "probe"), (1, 2), 2)
    bares = {bare_of(job) for job in plan.prepare(selection).jobs}
    assert len(bares) == 2
    assert None in bares


def test_the_page_holds_every_measurement():
    text = perf.page(report(), workers=2)
    assert "0.95" in text
    assert "| 10000" in text
    assert "0.10 s (median of 9)" in text


def test_planning_and_tables_are_timed_over_stored_copies(task, backbone, tmp_path):
    record, job = perf._example(Selection((task,), (backbone,), ("scratch",)), tmp_path)
    small = scaling.scale(record, job, 60)
    assert small.trials == 60
    assert small.plan_seconds > 0 < small.tables_seconds


def test_numbered_jobs_are_all_different(task, backbone):
    selection = Selection((task,), (backbone,), ("scratch",), (1,), 1)
    (job,) = plan.prepare(selection).jobs
    trials = {
        scaling._numbered(job, 0, "scratch", n, seed).trial for n in (1, 2) for seed in (0, 1)
    }
    assert len(trials) == 4
