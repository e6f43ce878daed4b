"""Two image sizes, from records whose accuracies are made up."""

import dataclasses

import pytest
import toy

from benchmark.advice import sizes
from benchmark.analysis.scores import score_of


def scores(share, seeds, pixels):
    found = map(score_of, toy.curve("probe", {10: share}, seeds))
    return [
        dataclasses.replace(one, data=dataclasses.replace(one.data, image_size=pixels))
        for one in found
    ]


def test_the_accuracies_at_two_sizes_differ_by_the_gain_though_a_seed_is_missing():
    usual, larger = scores(0.6, 3, 16), scores(0.7, 2, 96)
    odd = dataclasses.replace(usual[2], correct=bytes(len(usual[2].correct)))
    found = sizes._size([*usual[:2], odd], larger)
    assert found.larger_accuracy - found.accuracy == pytest.approx(found.gain)
