import math

import pytest

from benchmark.analysis.explained.effects import effects, reached
from benchmark.records.explained.finding import RANDOM_START, Effect, Look

GUESSING = math.log(10)


def course(rate, test_loss=1.0, until=0.005):
    """Training loss falls by half every ``rate`` views; the test loss never changes."""
    looks, views = [], 0
    while True:
        loss = GUESSING * 0.5 ** (views / rate)
        looks.append(Look(views, loss, test_loss))
        if loss < until * GUESSING:
            return tuple(looks)
        views += rate


def answer(random, finetune):
    courses = {RANDOM_START: random, "finetune": finetune}
    return Effect(courses, {RANDOM_START: True, "finetune": False})


def test_a_loss_is_reached_between_two_looks_where_its_logarithm_falls_evenly():
    found = reached(course(100), 0.375 * GUESSING)
    assert found.views == pytest.approx(100 * math.log2(1 / 0.375))


def test_a_loss_that_is_never_reached_is_reached_nowhere():
    assert reached(course(100), 1e-4) is None


def test_the_same_course_twice_is_neither():
    found = effects([answer(course(100), course(100))] * 3, 10)
    assert found.test_loss.mean == found.doublings.mean == 0
    assert (found.regularises, found.optimises) == ("undecided", "undecided")


def test_lower_test_loss_at_equal_training_loss_regularises():
    found = effects([answer(course(100, 2.0), course(100, 1.5))] * 3, 10)
    assert found.regularises == "yes"
    assert found.test_loss.mean == pytest.approx(0.5)
    assert found.optimises == "undecided"


def test_fewer_views_to_the_same_loss_optimise():
    found = effects([answer(course(400), course(100))] * 3, 10)
    assert found.optimises == "yes"
    assert found.doublings.mean == pytest.approx(2)
    assert len(found.levels) == 6


def test_what_hurts_is_no_regulariser():
    found = effects([answer(course(100, 1.0), course(100, 2.0))] * 3, 10)
    assert found.regularises == "no"


def test_a_training_that_was_too_short_leaves_it_undecided():
    found = effects([answer(course(100, 2.0, until=0.2), course(100))] * 3, 10)
    assert [level.share for level in found.levels] == [0.5, 0.25]
    assert (found.regularises, found.optimises) == ("undecided", "undecided")
    assert found.unfinished == {RANDOM_START: 0, "finetune": 3}
