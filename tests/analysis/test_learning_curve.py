import numpy as np
import pytest

from benchmark.analysis.effective import AccuracyCell
from benchmark.analysis.learning_curve import learning_curve


def cells(sizes, error, slope, seeds=5, noise=0.002):
    """Accuracies whose error falls as ``error * N^-slope``."""
    luck = np.random.default_rng(0)
    return [
        AccuracyCell(
            n, tuple(range(seeds)), tuple(1 - error * n**-slope + noise * luck.normal(size=seeds))
        )
        for n in sizes
    ]


def test_a_power_law_is_continued():
    curve = learning_curve(cells((1, 5, 20, 40), 0.9, 0.3))
    for n in (80, 160):
        found = curve.expected(n)
        assert found.accuracy == pytest.approx(1 - 0.9 * n**-0.3, abs=0.01)
        assert found.low < found.accuracy < found.high


def test_the_interval_widens_with_the_distance():
    curve = learning_curve(cells((1, 5, 20, 40), 0.9, 0.3))
    widths = [curve.expected(n).high - curve.expected(n).low for n in (40, 80, 160)]
    assert widths == sorted(widths)


def test_the_curve_goes_on_from_what_was_measured_at_the_largest_n():
    """0.9 at 40 lies far above the line through the others."""
    lucky = [*cells((1, 5, 20), 0.9, 0.1), *cells((40,), 0.1, 0.0)]
    curve = learning_curve(lucky)
    assert curve.expected(40).accuracy == pytest.approx(0.9, abs=0.01)
    assert curve.expected(80).accuracy > 0.9


def test_a_gain_has_an_interval_of_its_own():
    found = learning_curve(cells((1, 5, 20, 40), 0.9, 0.3)).expected(80)
    assert found.gain == pytest.approx(0.9 * (40**-0.3 - 80**-0.3), abs=0.01)
    assert found.gain_low < found.gain < found.gain_high
    assert found.gain_high - found.gain_low < found.high - found.low + 0.02


def test_labelling_stops_paying_where_the_curve_is_flat():
    steep, flat = (learning_curve(cells((1, 5, 20, 40), 0.9, s)) for s in (0.3, 0.001))
    assert steep.pays_until(0.01) is None
    assert flat.pays_until(0.01) == 40


def test_more_images_never_count_as_a_loss():
    curve = learning_curve(cells((1, 5, 20), 0.4, -0.1))
    assert curve.expected(40).accuracy == pytest.approx(curve.expected(20).accuracy)


def test_nothing_is_said_from_two_sizes_or_one_seed():
    assert learning_curve(cells((1, 5), 0.9, 0.3)) is None
    assert learning_curve(cells((1, 5, 20), 0.9, 0.3, seeds=1)) is None


@pytest.mark.parametrize("n", [39, 161])
def test_nothing_is_said_inside_the_data_or_far_beyond(n):
    with pytest.raises(ValueError, match="too far"):
        learning_curve(cells((1, 5, 20, 40), 0.9, 0.3)).expected(n)
