import itertools
import time

from benchmark.harness.limit import Limit, ends_first, most_decisive_first
from benchmark.records.record import Trial


def trials(sizes=(1, 5, 20), seeds=3, arms=("scratch", "finetune", "probe")):
    return [Trial("t", "b", *cell) for cell in itertools.product(arms, sizes, range(seeds))]


def test_two_seeds_of_every_arm_where_most_images_are_come_first():
    first = most_decisive_first(trials())[:6]
    assert {(t.images_per_class, t.seed) for t in first} == {(20, 0), (20, 1)}
    assert [t.arm for t in first[:3]] == ["probe", "finetune", "scratch"]


def test_every_number_of_images_has_two_seeds_before_any_has_three():
    ordered = most_decisive_first(trials())
    assert {t.seed for t in ordered[:18]} == {0, 1}
    assert {t.seed for t in ordered[18:]} == {2}


def test_ends_come_before_what_lies_between():
    assert ends_first((1, 2, 5, 10, 20, 42)) == [42, 1, 10, 5, 20, 2]
    assert ends_first((7,)) == [7]
    assert ends_first(()) == []


def test_what_would_not_end_in_time_is_not_begun():
    limit = Limit(time.time() + 10, {("scratch", 20): 60.0, ("probe", 20): 1.0})
    assert not limit.allows(Trial("t", "b", "scratch", 20, 0))
    assert limit.allows(Trial("t", "b", "probe", 20, 0))
    assert not Limit(time.time() - 1).allows(Trial("t", "b", "probe", 20, 0))
