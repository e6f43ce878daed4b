import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.checks import verdict_file
from benchmark.errors import UserError

HEAD = "images_per_class,seed,scratch,pretrained"
SIZES = (1, 2, 5, 10, 20, 50, 100)
PATTERNS = {
    "stops": [0.3, 0.2, 0.1, 0.05, 0.0, 0.0, 0.0],
    "helps_throughout": [0.1] * 7,
    "never_helps": [0.0] * 7,
    "hurts": [0.2, 0.1, 0.05, 0.0, -0.04, -0.06, -0.08],
}


@pytest.fixture
def save(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def lines(gains, noise=0.003, seeds=3, tail=""):
    rng = np.random.default_rng(2)
    return [
        f"{n},{seed},{0.5:.3f},{0.5 + gain + noise * rng.standard_normal():.4f}{tail}"
        for n, gain in zip(SIZES, gains, strict=False)
        for seed in range(seeds)
    ]


@pytest.mark.parametrize("kind", PATTERNS)
def test_hand_made_files_get_the_verdict_anyone_would_give(save, kind):
    path = save("\n".join([HEAD, *lines(PATTERNS[kind])]))
    assert verdict_file.judge(path).kind == kind


def test_wild_noise_is_undecided(save):
    path = save("\n".join([HEAD, *lines([0.05] * 7, noise=0.15)]))
    assert verdict_file.judge(path).kind == "undecided"


def test_a_bigger_margin_stops_earlier(save):
    path = save("\n".join([HEAD, *lines(PATTERNS["stops"])]))
    assert verdict_file.judge(path, 0.04).crossover < verdict_file.judge(path, 0.01).crossover


def test_a_small_test_set_widens_the_interval_or_leaves_it_undecided(save):
    plain = verdict_file.judge(save("\n".join([HEAD, *lines(PATTERNS["stops"])])))
    counted = [HEAD + ",n_test", *lines(PATTERNS["stops"], tail=",100")]
    small = verdict_file.judge(save("\n".join(counted)))
    assert small.kind == "undecided"
    assert small.low < plain.low


def test_many_test_images_hardly_change_the_interval(save):
    plain = verdict_file.judge(save("\n".join([HEAD, *lines(PATTERNS["stops"])])))
    counted = [HEAD + ",n_test", *lines(PATTERNS["stops"], tail=",10000000")]
    large = verdict_file.judge(save("\n".join(counted)))
    assert (large.low, large.high) == pytest.approx((plain.low, plain.high), rel=0.02)


def test_columns_may_come_in_any_order_with_others_and_a_byte_order_mark(save):
    rows = [
        "note,pretrained,seed,images_per_class,scratch",
        "x,0.9,0,5,0.5",
        "",
        "y, 0.8 ,1,5.0,0.5",
    ]
    (cell,) = verdict_file.read(save("\r\n".join(rows), "utf-8-sig"))
    assert (cell.images_per_class, cell.seeds) == (5, (0, 1))
    assert cell.gains == pytest.approx((0.4, 0.3))


@pytest.mark.parametrize("margin", [-0.1, 1.0, 2.0, float("nan")])
def test_a_margin_out_of_range_is_refused(save, margin):
    with pytest.raises(UserError, match="margin"):
        verdict_file.judge(save(f"{HEAD}\n5,0,0.5,0.5\n"), margin)


def test_the_json_holds_what_it_promises_and_nothing_that_is_no_json(save):
    path = save("\n".join([HEAD, *lines(PATTERNS["helps_throughout"])]))
    text = json.dumps(verdict_file.to_json(verdict_file.judge(path)), allow_nan=False)
    content = json.loads(text)
    assert {"verdict", "crossover", "low", "high", "margin", "gains"} <= set(content)
    assert (content["verdict"], content["crossover"], content["high"]) == (
        "helps_throughout",
        None,
        None,
    )
    assert {"images_per_class", "mean", "low", "high"} <= set(content["gains"][0])


def test_one_seed_gives_null_intervals_in_json_and_says_so_in_text(save):
    result = verdict_file.judge(save(f"{HEAD}\n5,0,0.5,0.8\n"))
    assert verdict_file.to_json(result)["gains"][0]["low"] is None
    assert "none: one seed" in verdict_file.to_text(result)


def test_the_text_shows_gains_in_points(save):
    result = verdict_file.judge(save("\n".join([HEAD, *lines(PATTERNS["stops"], noise=0.0)])))
    text = verdict_file.to_text(result)
    assert "verdict: stops" in text
    assert "+30.0" in text


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 10**6))
def test_fewer_test_images_never_mean_less_variance(scratch, pretrained, count):
    few = verdict_file.binomial_test_variance(scratch, pretrained, count)
    assert few >= verdict_file.binomial_test_variance(scratch, pretrained, 4 * count) > 0


def test_the_order_of_the_rows_does_not_matter(save):
    rows = lines(PATTERNS["stops"])
    forward = verdict_file.judge(save("\n".join([HEAD, *rows])))
    assert verdict_file.judge(save("\n".join([HEAD, *rows[::-1]]))) == forward
