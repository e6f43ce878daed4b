import numpy as np
import pytest

from benchmark.checks.calibration.curves import SHAPES, Truth
from benchmark.checks.calibration.scenes import grid
from benchmark.checks.calibration.simulate import Scene, is_wrong, simulate, simulate_scene

KINDS = ("stops", "hurts", "helps_throughout", "never_helps", "undecided")


@pytest.mark.parametrize("shape", ["smooth", "jump", "bump"])
def test_the_interval_covers_at_least_as_often_as_it_says(shape):
    outcomes = simulate_scene(Scene(shape, 3, 1000), sweeps=150, seed=3)
    # 150 sweeps: the bound of many sweeps, less three standard errors.
    assert np.mean([outcome.covered for outcome in outcomes]) > 0.93 - 0.06
    assert np.mean([outcome.cells for outcome in outcomes]) > 0.93 - 0.03


@pytest.mark.parametrize("shape", ["never", "slight", "level"])
def test_no_gain_is_rarely_taken_for_one_or_the_reverse(shape):
    outcomes = simulate_scene(Scene(shape, 3, 3000), sweeps=150, seed=4)
    assert np.mean([outcome.wrong for outcome in outcomes]) < 0.05 + 0.05


@pytest.mark.parametrize("images", [8, 20, 40])
def test_a_handful_of_test_images_does_not_hide_a_gain_of_four_points(images):
    outcomes = simulate_scene(Scene("four points", 3, images, "quiet"), sweeps=100, seed=5)
    assert np.mean([outcome.cells for outcome in outcomes]) > 0.92


def test_what_nobody_counted_widens_or_narrows_an_interval_but_little():
    scene = Scene("smooth", 5, 1000)
    counted, usual = (
        np.mean([o.width for o in simulate_scene(one, sweeps=60, seed=6)])
        for one in (scene, Scene("smooth", 5, 1000, counted=False))
    )
    assert counted == pytest.approx(usual, rel=0.3)


def test_the_same_seed_gives_the_same_outcomes_whatever_the_number_of_jobs():
    scenes = [Scene("smooth", 3, 300), Scene("jump", 3, 8, "quiet", counted=False)]
    alone = simulate(scenes, sweeps=3, jobs=1, seed=5)
    assert simulate(scenes, sweeps=3, jobs=2, seed=5) == alone


@pytest.mark.parametrize(
    ("gains", "right"),
    [
        ((0.3, 0.0), {"stops", "undecided"}),
        ((0.3, -0.1), {"stops", "hurts", "undecided"}),
        ((0.3, 0.2), {"helps_throughout", "undecided"}),
        ((0.0, 0.0), {"never_helps", "undecided"}),
        ((-0.1, -0.1), {"never_helps", "hurts", "undecided"}),
    ],
)
def test_a_verdict_is_wrong_if_what_it_says_is_false(gains, right):
    truth = Truth(lambda x: np.where(x < 3, *gains), None)
    assert {kind for kind in KINDS if not is_wrong(kind, truth)} == right


def test_every_curve_is_simulated_and_every_line_has_its_own_random_numbers():
    scenes = [*grid().adaptive, *(s for part in grid().sweeps.values() for s in part)]
    assert {scene.shape for scene in scenes} == set(SHAPES)
    assert len({tuple(scene.stream) for scene in scenes}) == len(set(scenes)) == len(scenes)
    assert {scene.test_images for scene in scenes} >= {8, 20, 40, 100, 300, 10000}
