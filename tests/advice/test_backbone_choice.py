from __future__ import annotations

import pytest
import torch

from benchmark.advice import backbone_choice
from benchmark.advice.backbone_choice import choose
from benchmark.defaults import BUNDLED
from benchmark.errors import UserError
from benchmark.harness.usable import Candidate, Usable


@pytest.fixture
def at_hand(monkeypatch):
    """Backbones as name -> (parameters, training images a second); None: it cannot be used."""

    def set_to(**known):
        def look_at(one, image_size):
            if one.name == BUNDLED:
                return Usable(one, 300_000, "ImageNet-1k", True, 1000.0)
            facts = known[one.name]
            if facts is None:
                return UserError("it cannot be read", mend="take another")
            return Usable(one, facts[0], "ImageNet-1k", False, facts[1])

        found = [Candidate(BUNDLED, "bundled"), *(Candidate(name, "folder") for name in known)]
        monkeypatch.setattr(backbone_choice.usable, "candidates", lambda folders: found)
        monkeypatch.setattr(backbone_choice.usable, "look_at", look_at)

    return set_to


def test_the_bundled_one_is_taken_where_there_is_no_other(at_hand, task):
    at_hand()
    assert choose(task, 30, 2) == BUNDLED


def test_the_largest_that_fits_the_minutes_is_taken(at_hand, task):
    at_hand(small=(10**6, 500.0), large=(10**7, 300.0), slow=(10**8, 0.1))
    assert choose(task, 30, 2) == "large"


def test_looking_at_them_leaves_no_setting_of_torch_behind(at_hand, task, monkeypatch):
    at_hand(small=(10**6, 500.0))
    threads = torch.get_num_threads()
    look_at = backbone_choice.usable.look_at

    def with_one_thread(one, image_size):
        torch.set_num_threads(1)
        return look_at(one, image_size)

    monkeypatch.setattr(backbone_choice.usable, "look_at", with_one_thread)
    torch.set_num_threads(2)
    try:
        choose(task, 30, 2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_what_cannot_be_used_is_passed_over(at_hand, task):
    at_hand(broken=None, small=(10**6, 500.0))
    assert choose(task, 30, 2) == "small"


def test_where_nothing_fits_the_bundled_one_is_taken(at_hand, task):
    at_hand(slow=(10**8, 0.1))
    assert choose(task, 0.001, 1) == BUNDLED
