import dataclasses

import numpy as np
import pytest
from made_boards import board, verdict
from toy import curve, failed, record

from benchmark.analysis.board import boards
from benchmark.analysis.gains import GainCell, estimates
from benchmark.analysis.scores import score_of
from benchmark.pages.surprises import surprises


def found(which, *records):
    lines = surprises(boards(map(score_of, records)))
    return {kind.key: lines[kind] for kind in lines}[which]


def test_scratch_that_beats_fine_tuning_is_found():
    (line,) = found("scratch_wins", *curve("scratch", {1: 0.9}), *curve("finetune", {1: 0.5}))
    assert line.startswith("toy, net: gain of fine-tuning N=1 -")
    assert line.endswith("(certificate: not audited)")


def test_scratch_that_is_a_little_better_is_no_surprise():
    assert not found("scratch_wins", *curve("scratch", {1: 0.6}), *curve("finetune", {1: 0.6}))


def test_a_probe_that_beats_both_is_found_with_both_gains():
    weak = [*curve("scratch", {1: 0.4, 2: 0.9}), *curve("finetune", {1: 0.5, 2: 0.9})]
    (line,) = found("beats_both", *weak, *curve("probe", {1: 0.9, 2: 0.9}))
    assert line.startswith("toy, net: probe at N=1: +")
    assert line.count("[") == 2


def test_a_probe_that_beats_only_one_of_them_is_no_surprise():
    others = [*curve("scratch", {1: 0.4}), *curve("finetune", {1: 0.9})]
    assert not found("beats_both", *others, *curve("probe", {1: 0.9}))


@pytest.mark.parametrize("arms", [["probe", "finetune"], ["probe", "scratch"], ["probe"]])
def test_without_one_of_the_three_arms_nothing_is_beaten(arms):
    records = [one for arm in arms for one in curve(arm, {1: 0.9 if arm == "probe" else 0.3})]
    assert not found("beats_both", *records)


def test_an_accuracy_that_falls_with_more_images_is_found():
    (line,) = found("dips", *curve("scratch", {1: 0.5, 2: 0.9, 5: 0.6, 10: 0.9}))
    assert line.startswith("toy, net: scratch has 6")
    assert "at N=5 after" in line
    assert line.endswith("at N=2")


def test_an_accuracy_that_falls_within_the_noise_is_no_surprise():
    assert not found("dips", *curve("scratch", {1: 0.5, 2: 0.5, 5: 0.5}))


def plateaus(shares, levelled=False):
    training = dataclasses.replace(record().training, levelled_off=levelled)
    return found("plateaus", *curve("scratch", shares, training=training))


def test_an_arm_that_more_images_do_not_help_while_it_still_learns_is_found():
    (line,) = plateaus({1: 0.2, 5: 0.6, 10: 0.6, 40: 0.6})
    assert line.startswith("toy, net: scratch has 6")
    assert "at N=5 and " in line
    assert line.endswith("at N=40")


@pytest.mark.parametrize(
    ("shares", "levelled"),
    [({10: 0.6, 40: 0.6}, True), ({10: 0.6, 40: 0.9}, False), ({10: 0.6, 39: 0.6}, False)],
)
def test_a_curve_that_ended_or_rises_or_is_short_is_no_plateau(shares, levelled):
    assert not plateaus(shares, levelled)


def test_failed_trials_are_counted_by_n():
    (line,) = found("failures", record(), failed(seed=1), failed(n=5, seed=0))
    assert line == "toy, net: scratch, 2 of 3 trials (1 at N=1, 1 at N=5)"


def falling(**changed):
    training = dataclasses.replace(record().training, levelled_off=False)
    return record(training=training, **changed)


def test_an_arm_whose_trainings_often_had_not_ended_is_found():
    (line,) = found("restless", *(record(seed=s) for s in range(8)), falling(seed=8), falling(n=2))
    assert line == "toy, net: scratch, 8 of 10 trainings; still falling at N = 1, 2"


def test_one_restless_training_in_ten_is_no_surprise():
    assert not found("restless", *(record(seed=s) for s in range(9)), falling(seed=9))


def test_an_arm_without_a_training_loss_cannot_be_restless():
    training = dataclasses.replace(record().training, levelled_off=None)
    assert not found("restless", record("probe", training=training))


def test_without_boards_every_kind_is_empty():
    assert not any(surprises([]).values())


SIZES = (1, 2, 5, 10, 20, 50, 100)


def page_without_gains(rng):
    """Boards, all gains of which are noise; how much of it there is depends on N."""
    spread = 0.05 * np.array(SIZES) ** -0.3
    for task in range(4):
        images = rng.normal(0.0, 0.004, len(SIZES))
        gains = rng.normal(images, spread, (3, len(SIZES))).T.tolist()
        cells = [
            GainCell(n, (0, 1, 2), tuple(one), 2e-4) for n, one in zip(SIZES, gains, strict=True)
        ]
        found = dataclasses.replace(verdict(), gains=estimates(cells), margin=0.0)
        yield board(f"task{task}", found, settled=SIZES)


def test_at_zero_gain_at_most_one_page_in_twenty_shows_a_surprise():
    rng = np.random.default_rng(0)
    pages = [surprises(list(page_without_gains(rng))) for _ in range(200)]
    false = np.mean([any(found for found in page.values()) for page in pages])
    assert 0 < false <= 0.08  # 5%, and two standard errors of 200 pages


def test_a_cell_that_is_sure_alone_may_be_chance_among_many():
    sure = board("a", verdict(gains=[(-0.05, -0.085, -0.015)], grid=(1,)))
    empty = board(
        "b", verdict(gains=[(0.0, -0.05, 0.05)] * 40, grid=range(1, 41)), settled=range(1, 41)
    )
    shown = [sum(map(len, surprises(made).values())) for made in ([sure], [sure, empty])]
    assert shown == [1, 0]
