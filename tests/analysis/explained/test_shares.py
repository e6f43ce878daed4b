import numpy as np
import pytest

from benchmark.analysis.explained.shares import compressions, parts, scales, share
from benchmark.records.explained.finding import Compression, Scale


def test_half_of_every_gain_is_half():
    found = share([0.1, 0.15, 0.2], [0.2, 0.3, 0.4])
    assert found.mean == pytest.approx(0.5)
    assert found.low == pytest.approx(0.5, abs=0.02)
    assert found.high == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("whole", [[0.2], [0.2, -0.2, 0.01]])
def test_nothing_can_be_shared_of_one_seed_or_of_what_may_be_nothing(whole):
    assert share([0.1] * len(whole), whole) is None


def test_intervals_hold_the_true_share_as_often_as_they_say():
    drawn = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        noise = drawn.normal(0, 0.02, (2, 4))
        found = share(0.06 + noise[0], 0.2 + noise[1])
        hits += found is not None and found.low <= 0.3 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def accuracies(matched, finetune=0.9):
    return {"scratch": 0.5, "finetune": finetune, "matched_init": matched}


def test_what_gives_most_of_the_gain_does_it():
    gain, (part,) = parts([accuracies(0.85), accuracies(0.86), accuracies(0.87)])
    assert gain.mean == pytest.approx(0.4)
    assert part.does_it == "yes"
    assert parts([accuracies(0.52), accuracies(0.53)])[1][0].does_it == "no"


def test_without_a_gain_there_is_nothing_to_share():
    _, (part,) = parts([accuracies(0.5, finetune=0.505)] * 3)
    assert part.share is None
    assert part.does_it == "undecided"


def test_new_weights_at_the_top_lose_what_they_lose():
    answers = [Scale(accuracies(0.6 + s / 100), ("stem", "top"), {1: 0.8, 2: 0.5}) for s in (0, 1)]
    found = scales(answers)
    assert {top: lost.mean for top, lost in found.lost.items()} == pytest.approx({1: 0.1, 2: 0.4})


def test_autoencoders_stand_beside_what_they_reconstruct():
    one = Compression({"scratch": 0.5, "finetune": 0.9, "autoencoder": 0.52}, {"autoencoder": 0.8})
    found = compressions([one, one])
    assert [part.arm for part in found.parts] == ["autoencoder"]
    assert found.explained["autoencoder"].mean == pytest.approx(0.8)
