import pytest

from benchmark.analysis.explained.basins import barrier, basins
from benchmark.records.explained.finding import Basin, Look, Path


@pytest.mark.parametrize(
    ("values", "height"),
    [([1, 1, 1], 0), ([1, 3, 1], 2), ([0, 2, 2], 1), ([2, 0, 2], 0), ([4, 3, 2, 1], 0)],
)
def test_a_barrier_is_what_stands_above_the_chord(values, height):
    assert barrier(values) == pytest.approx(height)


def test_a_line_has_two_ends():
    with pytest.raises(ValueError, match="two ends"):
        barrier([1.0])


def answer(error, loss=0.5):
    look = Look(10, 0.1, 0.4)
    worse = Look(10, 0.1, 0.4 + loss)
    flat = Path((0.0,) * 3, (0.0,) * 3, (0.1, 0.1, 0.1))
    high = Path((0.0, 1.0, 0.0), (0.0, 2.0, 0.0), (0.1, 0.1 + error, 0.1))
    return Basin(
        {"scratch": worse, "finetune": look},
        {"scratch": False, "finetune": True},
        {"finetune to finetune": flat, "scratch to finetune": high},
        {"scratch": {"stem": 1.0}, "finetune": {"stem": 0.1, "head": 0.2}},
    )


def test_ends_with_a_barrier_lie_in_two_basins_those_without_in_one():
    found = basins([answer(0.5), answer(0.6), answer(0.55)])
    assert found.line("scratch to finetune").connected == "two basins"
    assert found.line("finetune to finetune").connected == "one basin"
    assert found.test_loss.mean == pytest.approx(0.5)
    assert found.travelled["finetune"]["head"].mean == pytest.approx(0.2)
    assert found.unfinished == {"scratch": 3, "finetune": 0}


@pytest.mark.parametrize("answers", [[answer(0.5)], [answer(0.0), answer(0.5), answer(0.01)]])
def test_one_seed_or_seeds_that_disagree_settle_nothing(answers):
    assert basins(answers).line("scratch to finetune").connected == "undecided"
