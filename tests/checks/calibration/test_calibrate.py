import math

import numpy as np
import pytest

from benchmark.analysis.crossover import GainCell
from benchmark.checks.calibration import calibrate
from benchmark.checks.calibration.calibrate import Row, Scene, Truth

CORNERS = [Scene("smooth", 3, 300), Scene("kinked", 10, 10000), Scene("peaked", 5, 1000)]


def row(shape="smooth", **changes):
    values = {
        "scene": Scene(shape, 3, 300),
        "sweeps": 2000,
        "coverage": 0.95,
        "decided_coverage": 0.95,
        "bracket_coverage": 0.99,
        "wrong": 0.01,
        "kinds": {"stops": 0.9, "undecided": 0.1},
        "both_open": 0.0,
        "width": 1.0,
        "bracket_width": 2.0,
    }
    return Row(**values | changes)


@pytest.fixture(scope="module")
def corners():
    return calibrate.simulate(CORNERS, sweeps=400, jobs=1, seed=3)


def test_the_interval_covers_as_often_as_it_says(corners):
    # 400 sweeps: the bounds of 2,000 sweeps, plus three standard errors.
    assert all(0.90 < row.coverage <= 1.0 for row in corners)
    assert 0.93 < np.mean([row.coverage for row in corners]) < 0.985


def test_wrong_verdicts_are_rare(corners):
    assert all(row.wrong < 0.05 for row in corners)


def test_the_interval_is_narrower_than_the_bracket(corners):
    assert all(row.width < row.bracket_width for row in corners)
    assert calibrate.width_ratio(corners) < 0.75


@pytest.mark.parametrize("shape", ["never", "slight"])
def test_no_gain_is_rarely_taken_for_one_or_the_reverse(shape):
    (rare,) = calibrate.simulate([Scene(shape, 3, 3000)], sweeps=300, jobs=1, seed=4)
    assert rare.wrong < 0.07


@pytest.mark.parametrize("shape", calibrate.CROSSING)
def test_true_curves_cross_the_margin_at_their_crossover_and_for_good(shape):
    rng = np.random.default_rng(0)
    for _ in range(50):
        truth = calibrate.SHAPES[shape](rng)
        later = np.linspace(truth.crossover, calibrate.PLACES[-1], 50)
        assert truth.curve(later[:1])[0] == pytest.approx(calibrate.MARGIN)
        assert (truth.curve(later) <= calibrate.MARGIN + 1e-9).all()
        assert truth.curve(later[:1] - 0.1)[0] > calibrate.MARGIN


def test_seed_noise_shrinks_with_the_number_of_images():
    flat = Truth(np.zeros_like, None)
    rng = np.random.default_rng(1)
    sweeps = [calibrate.observe(flat, Scene("never", 10, 10**6), rng) for _ in range(60)]
    spread = [np.mean([np.std(sweep[k].gains, ddof=1) for sweep in sweeps]) for k in (0, 5)]
    assert spread[0] == pytest.approx(0.036, rel=0.2)
    assert spread[1] < spread[0] / 4


def test_the_same_seed_gives_the_same_table_whatever_the_number_of_jobs():
    alone = calibrate.simulate(CORNERS[:2], sweeps=3, jobs=1, seed=5)
    assert calibrate.simulate(CORNERS[:2], sweeps=3, jobs=2, seed=5) == alone


def test_the_bracket_goes_from_the_last_surely_above_to_where_all_are_surely_below():
    means = {1: 0.3, 2: 0.2, 5: 0.012, 10: -0.05, 20: -0.05}
    cells = [GainCell(n, (0, 1, 2), (m - 0.001, m, m + 0.001)) for n, m in means.items()]
    assert calibrate.bracket(cells, 0.01) == (2.0, 10.0)


def test_a_bracket_without_evidence_is_open():
    cells = [GainCell(1, (0, 1), (-0.5, 0.5)), GainCell(2, (0, 1), (-0.5, 0.5))]
    assert calibrate.bracket(cells, 0.01) == (None, None)


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
    kinds = ("stops", "hurts", "helps_throughout", "never_helps", "undecided")
    assert {kind for kind in kinds if not calibrate.is_wrong(kind, truth)} == right


@pytest.mark.parametrize(
    "changes", [{"coverage": 0.92}, {"coverage": 0.985}, {"wrong": 0.06}, {"width": 3.0}]
)
def test_every_bound_that_is_broken_is_named(changes):
    good = [row()] * 4
    broken = calibrate.failures([*good, row("kinked", **changes)], ())
    assert len(broken) == 1
    assert broken[0].startswith("kinked, 3 seeds, 300 test images")


def test_a_median_too_near_the_brackets_is_named():
    assert "0.80" in calibrate.failures([row(width=1.6)], ())[0]


def test_the_page_holds_a_line_for_every_scene_and_says_what_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrate, "SEEDS", (3,))
    monkeypatch.setattr(calibrate, "TEST_IMAGES", (300,))
    out = tmp_path / "calibration.md"
    result = calibrate.run(sweeps=4, jobs=1, out=out, seed=6)
    page = out.read_text(encoding="utf-8")
    assert all(f"| {shape} | 3 | 300 |" in page for shape in calibrate.SHAPES)
    assert all(sentence in page for sentence in result.failures)


def test_the_grid_is_the_whole_one():
    grid = calibrate.scenes()
    assert {scene.seeds for scene in grid} == {3, 5, 10}
    assert {min(s.test_images for s in grid), max(s.test_images for s in grid)} == {300, 10000}
    assert len(grid) == len(set(grid)) == len(calibrate.SHAPES) * 12
    assert math.isclose(calibrate.SIZES[-1], 200)
