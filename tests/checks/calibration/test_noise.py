import dataclasses

import numpy as np
import pytest

from benchmark.checks.calibration.curves import SIZES
from benchmark.checks.calibration.noise import NOISES, observe

FLAT = np.full_like(SIZES, 0.04)
SILENT = dataclasses.replace(NOISES["falling"], at_ten=(1e-9, 2e-9), level=0.0)


def gains(noise, images, seeds=5, sweeps=300, true=FLAT):
    """Of simulated sweeps, [sweeps, sizes, seeds]."""
    rng = np.random.default_rng(2)
    made = [observe(true, seeds, images, noise, rng) for _ in range(sweeps)]
    return np.array([[p.gain for p in pairs] for pairs in made]).reshape(sweeps, len(SIZES), seeds)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("images", [8, 1000])
def test_the_mean_gain_is_the_true_one(noise, images):
    found = gains(NOISES[noise], images).mean(axis=2)
    assert found.mean(axis=0) == pytest.approx(FLAT, abs=4 * found.std() / np.sqrt(len(found)))


def test_seed_noise_falls_with_the_root_of_the_images():
    spread = gains(NOISES["falling"], 10**6).std(axis=2, ddof=1).mean(axis=0)
    assert spread[0] == pytest.approx(0.036, rel=0.2)
    assert spread[5] < spread[0] / 4


def test_seeds_share_the_error_of_the_test_images_and_more_so_at_large_n():
    found = gains(SILENT, 500, seeds=2, sweeps=1500) - 0.04
    together = (found[:, :, 0] * found[:, :, 1]).mean(axis=0) / (found**2).mean(axis=(0, 2))
    assert 0.0 < together[0] < 0.25 < together[-1] < 0.6


@pytest.mark.parametrize("images", [8, 300])
@pytest.mark.parametrize("true", [FLAT, -FLAT, 10 * FLAT, 0 * FLAT])
def test_pairs_are_such_as_records_have(images, true):
    for pair in observe(true, 3, images, NOISES["recorded"], np.random.default_rng(3)):
        assert min(pair.scratch, pair.pretrained) >= -1e-9
        assert max(pair.scratch, pair.pretrained) <= 1 + 1e-9
        assert abs(pair.gain) <= pair.disagree + 1e-9 <= 1 + 2e-9
        assert pair.disagree * images == pytest.approx(round(pair.disagree * images))
