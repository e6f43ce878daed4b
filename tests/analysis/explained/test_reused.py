import pytest

from benchmark.analysis.explained.reused import reused
from benchmark.records.explained.finding import RANDOM_START, Layers, Reuse


def answer(before, similarity):
    random = Layers((0.3,), (0.6,), (0.4,))
    return Reuse(
        ("stem",), {RANDOM_START: random, "finetune": Layers((before,), (0.8,), (similarity,))}
    )


@pytest.mark.parametrize(
    ("before", "similarity", "word"),
    [(0.6, 0.9, "yes"), (0.2, 0.9, "no"), (0.6, 0.1, "no"), (0.3, 0.9, "undecided")],
)
def test_a_block_is_reused_where_its_features_are_good_and_stay(before, similarity, word):
    (block,) = reused([answer(before, similarity)] * 3)
    assert block.reused == word


def test_one_seed_settles_nothing():
    assert reused([answer(0.9, 0.9)])[0].reused == "undecided"
