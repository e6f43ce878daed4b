import numpy as np
import pytest

from benchmark import arms
from benchmark.analysis.next_trials import MOST_SEEDS
from benchmark.checks.calibration.adaptive import COSTS, simulate_adaptive
from benchmark.checks.calibration.simulate import Scene


def row(shape, images, noise="falling", sweeps=30, jobs=1, seed=3):
    scene = Scene(shape, MOST_SEEDS, images, noise)
    (found,) = simulate_adaptive([scene], sweeps, jobs, seed)
    return found


def test_chosen_trials_decide_nearly_as_often_with_less_than_half_of_the_trials():
    found = row("jump", 10_000)
    assert found.trials < 0.5
    assert found.cost < 0.5
    assert 1 - found.row.kinds.get("undecided", 0.0) > found.evenly_decided - 0.15


def test_a_sweep_that_stops_early_covers_the_crossover():
    # 30 sweeps: the bound of many sweeps, less three standard errors.
    assert row("smooth", 1000).row.coverage > 0.93 - 0.12


@pytest.mark.slow
def test_no_gain_is_rarely_taken_for_one_however_often_one_looks():
    assert row("level", 1500, "recorded", sweeps=20).row.wrong < 0.05 + 0.1


def test_few_test_images_end_most_sweeps():
    assert row("level", 300, sweeps=10).stops["images"] > 0.5


def test_every_sweep_has_a_reason_to_stop_within_its_budget():
    found = row("never", 1000, sweeps=10)
    assert sum(found.stops.values()) == pytest.approx(1)
    assert found.cost <= 1


def test_the_same_seed_gives_the_same_row():
    assert row("bump", 300, sweeps=3, seed=5) == row("bump", 300, sweeps=3, seed=5)


def test_a_seed_costs_what_the_budgets_of_the_arms_say():
    rules = [arms.arm(name).recipe_at for name in ("scratch", "finetune")]
    views = [sum(rule(n, 10).views for rule in rules) for n in COSTS]
    assert np.array(views) == pytest.approx(list(COSTS.values()))
