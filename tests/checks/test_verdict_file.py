import json

import numpy as np
import pytest

from benchmark.checks import verdict_file
from benchmark.errors import UserError
from benchmark.pages import words

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


def refusal(path) -> UserError:
    with pytest.raises(UserError) as caught:
        verdict_file.read(path)
    return caught.value


def judge(path, margin=0.01):
    """The verdict on the only comparison of a file."""
    (judged,) = verdict_file.judge(path, margin)
    return judged.verdict


@pytest.mark.parametrize("kind", PATTERNS)
def test_hand_made_files_get_the_verdict_anyone_would_give(save, kind):
    path = save("\n".join([HEAD, *lines(PATTERNS[kind])]))
    assert judge(path).kind == kind


def test_wild_noise_is_undecided(save):
    path = save("\n".join([HEAD, *lines([0.05] * 7, noise=0.15)]))
    assert judge(path).kind == "undecided"


def test_a_bigger_margin_stops_earlier(save):
    path = save("\n".join([HEAD, *lines(PATTERNS["stops"])]))
    assert judge(path, 0.07).crossover < judge(path, 0.01).crossover


def test_a_small_test_set_widens_the_interval_or_leaves_it_undecided(save):
    plain = judge(save("\n".join([HEAD, *lines(PATTERNS["stops"])])))
    counted = [HEAD + ",n_test", *lines(PATTERNS["stops"], tail=",100")]
    small = judge(save("\n".join(counted)))
    assert small.kind == "undecided"
    assert small.low < plain.low


def test_many_test_images_hardly_change_the_interval(save):
    plain = judge(save("\n".join([HEAD, *lines(PATTERNS["stops"])])))
    counted = [HEAD + ",n_test", *lines(PATTERNS["stops"], tail=",10000000")]
    large = judge(save("\n".join(counted)))
    assert (large.low, large.high) == pytest.approx((plain.low, plain.high), rel=0.02)


def test_columns_may_come_in_any_order_with_others_and_a_byte_order_mark(save):
    rows = [
        "note,pretrained,seed,images_per_class,scratch",
        "x,0.9,0,5,0.5",
        "",
        "y, 0.8 ,1,5.0,0.5",
    ]
    read = verdict_file.read(save("\r\n".join(rows), "utf-8-sig"))
    assert [(row.images_per_class, row.seed) for row in read] == [(5, 0), (5, 1)]
    assert [row.pair.gain for row in read] == pytest.approx([0.4, 0.3])


@pytest.mark.parametrize("margin", [-0.1, 1.0, 2.0, float("nan")])
def test_a_margin_out_of_range_is_refused(save, margin):
    with pytest.raises(UserError, match="margin"):
        judge(save(f"{HEAD}\n5,0,0.5,0.5\n"), margin)


def test_the_json_holds_what_it_promises_and_nothing_that_is_no_json(save):
    path = save("\n".join([HEAD, *lines(PATTERNS["helps_throughout"])]))
    (judged,) = verdict_file.judge(path)
    text = json.dumps(verdict_file.to_json(judged), allow_nan=False)
    content = json.loads(text)
    assert {"verdict", "crossover", "low", "high", "margin", "gains"} <= set(content)
    assert (content["verdict"], content["crossover"], content["high"]) == (
        "helps_throughout",
        None,
        None,
    )
    assert {"images_per_class", "mean", "low", "high"} <= set(content["gains"][0])


def test_one_seed_gives_null_intervals_in_json_and_says_so_in_text(save):
    (result,) = verdict_file.judge(save(f"{HEAD}\n5,0,0.5,0.8\n"))
    assert verdict_file.to_json(result)["gains"][0]["low"] is None
    assert "none: one seed" in verdict_file.to_text(result)


def test_the_text_shows_gains_in_points(save):
    (result,) = verdict_file.judge(save("\n".join([HEAD, *lines(PATTERNS["stops"], noise=0.0)])))
    text = verdict_file.to_text(result)
    assert "verdict: stops" in text
    assert "+30.0" in text


@pytest.mark.parametrize(
    ("columns", "tail", "says"),
    [
        ("", "", "Without a column n_test"),
        (",n_test", ",100", "A column disagree"),
        (",n_test,disagree", ",100,0.35", "from the column disagree"),
    ],
)
def test_it_is_said_what_the_noise_of_the_test_images_rests_on(save, columns, tail, says):
    rows = [HEAD + columns, *lines(PATTERNS["stops"], tail=tail)]
    (judged,) = verdict_file.judge(save("\n".join(rows)))
    assert says in verdict_file.to_text(judged)
    assert verdict_file.to_json(judged)["image_noise"] == judged.image_noise


@pytest.mark.parametrize(("columns", "tail"), [(",n_test", ",8"), (",n_test,disagree", ",8,0")])
def test_eight_test_images_that_are_all_right_are_undecided(save, columns, tail):
    rows = [f"{n},{seed},1,1{tail}" for n in SIZES for seed in range(5)]
    assert judge(save("\n".join([HEAD + columns, *rows]))).kind == "undecided"


def test_an_empty_cell_of_disagreement_is_no_count(save):
    error = refusal(save(f"{HEAD},disagree\n5,0,0.5,0.6,\n"))
    assert "disagree is missing" in str(error)


def test_every_comparison_that_a_file_names_gets_its_own_verdict(save):
    rows = [f"{line},{kind}" for kind in PATTERNS for line in lines(PATTERNS[kind])]
    found = verdict_file.judge(save("\n".join([HEAD + ",arm", *rows])))
    assert [(judged.names, judged.verdict.kind) for judged in found] == [
        ((("arm", kind),), kind) for kind in PATTERNS
    ]


@pytest.mark.parametrize(
    ("columns", "tail", "says"),
    [
        ("", "", "Pretraining does not help: "),
        (",arm", ",probe", "The probe does not help: "),
        (",arm", ",finetune", "Fine-tuning does not help: "),
    ],
)
def test_a_verdict_is_about_the_arm_that_the_file_names(save, columns, tail, says):
    rows = [HEAD + columns, *lines([-0.1] * 7, tail=tail)]
    (judged,) = verdict_file.judge(save("\n".join(rows)))
    assert says in verdict_file.to_text(judged)
    assert verdict_file.to_json(judged)["reason"].startswith(says)


def test_the_text_has_the_evidence_and_explains_the_two_kinds_of_interval(save):
    (judged,) = verdict_file.judge(save("\n".join([HEAD, *lines(PATTERNS["stops"])])))
    text = verdict_file.to_text(judged)
    assert "pretraining stops helping at N* = " in text
    assert f"it rests on gains {words.evidence(judged.verdict)}" in text
    assert words.INTERVALS in text


def test_the_order_of_the_rows_does_not_matter(save):
    rows = lines(PATTERNS["stops"])
    forward = judge(save("\n".join([HEAD, *rows])))
    assert judge(save("\n".join([HEAD, *rows[::-1]]))) == forward
