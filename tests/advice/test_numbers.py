"""What is advised, from records whose accuracies are made up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy

from benchmark.advice.looked import Looked
from benchmark.advice.numbers import numbers
from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of

STEEP = {1: 0.2, 5: 0.5, 20: 0.7, 40: 0.8}
LESS = {n: share - 0.1 for n, share in STEEP.items()}


def advice(looked=None, notes=(), **curves):
    """Of one board; ``seconds`` of each arm's trainings beside its accuracies."""
    records = [one for arm, of in curves.items() for one in made(arm, *of)]
    (board,) = boards(map(score_of, records))
    return numbers(board, 0.01, looked, None, notes)


def made(arm, shares, seconds=60.0, seeds=4, **changed):
    found = toy.curve(arm, shares, seeds, **changed)
    spent = [dataclasses.replace(one.training, seconds=seconds) for one in found]
    return [dataclasses.replace(one, training=t) for one, t in zip(found, spent, strict=True)]


def test_the_best_arm_at_the_most_images_is_advised_with_how_sure_that_is():
    now = advice(scratch=(LESS,), finetune=(STEEP,)).now
    assert (now.images_per_class, now.arm, now.seeds) == (40, "finetune", 4)
    assert now.low < now.accuracy < now.high
    assert now.rival.arm == "scratch"
    assert now.rival.gain == pytest.approx(0.1, abs=0.05)
    assert now.rival.better > 0.9
    assert now.minutes == 1.0


def test_of_two_that_are_alike_the_cheaper_one_is_advised():
    now = advice(scratch=(LESS,), finetune=(STEEP,), probe=(STEEP, 0.1)).now
    assert now.arm == "probe"
    assert now.rival.arm == "finetune"


def test_a_cheaper_one_that_is_worse_is_not():
    assert advice(scratch=(LESS,), finetune=(STEEP,), probe=(LESS, 0.1)).now.arm == "finetune"


def test_one_seed_claims_no_interval():
    now = advice(scratch=(LESS, 60.0, 1), finetune=(STEEP, 60.0, 1)).now
    assert now.low is None
    assert now.rival.better is None
    assert not now.rival.is_settled


def test_more_labels_are_told_of_each_arm_and_marked_by_their_distance():
    found = advice(scratch=(LESS,), finetune=(STEEP,)).more_labels
    assert {one.arm for one in found} == {"scratch", "finetune"}
    assert [e.images_per_class for e in found[0].expected] == [80, 160]
    assert found[0].pays_until is None


def test_from_two_sizes_nothing_is_continued():
    two = {1: 0.2, 5: 0.5}
    assert advice(scratch=(two,), finetune=(two,)).more_labels == ()


def test_where_every_training_failed_nothing_is_advised():
    (board,) = boards(map(score_of, [toy.failed("scratch", 1, 0), toy.failed("probe", 1, 0)]))
    assert numbers(board, 0.01).now is None


def test_where_only_the_most_images_failed_the_next_are_gone_by():
    records = [*made("scratch", LESS), *made("finetune", STEEP)]
    failed = [
        dataclasses.replace(toy.failed(arm, 100, 0), data=records[0].data)
        for arm in ("scratch", "finetune")
    ]
    (board,) = boards(map(score_of, [*records, *failed]))
    assert numbers(board, 0.01).now.images_per_class == 40


def test_a_small_test_set_says_how_many_images_would_halve_the_interval():
    caveats = advice(scratch=(LESS,), finetune=(STEEP,)).caveats
    assert (caveats.test_images, caveats.test_images_for_half) == (200, 800)


def test_leaked_test_images_are_counted_and_count_in_no_number():
    facts = dataclasses.replace(toy.FACTS, test_images=200, test_in_train=(0, 1, 2))
    found = advice(scratch=(LESS, 60.0, 4), finetune=(STEEP, 60.0, 4))
    leaky = [
        dataclasses.replace(one, data=facts)
        for arm, shares in (("scratch", LESS), ("finetune", STEEP))
        for one in made(arm, shares)
    ]
    (board,) = boards(map(score_of, leaky))
    told = numbers(board, 0.01)
    assert (told.caveats.leaked, told.test_images, found.test_images) == (3, 197, 200)


def looked(*said, counts=(40, 40)):
    labels = np.array([0, 0, 0, 1])
    return Looked(
        ("cat", "dog"),
        counts,
        labels,
        ("cat/1.png", "cat/2.png", "cat/3.png", "dog/1.png"),
        np.zeros((4, 3, 8, 8), np.uint8),
        {"finetune": np.array(said)},
    )


def test_images_and_classes_are_named():
    seen = looked([1, 0, 0, 1], [1, 1, 0, 1])
    caveats = advice(seen, scratch=(LESS,), finetune=(STEEP,)).caveats
    (wrong,) = caveats.always_wrong
    assert (wrong.name, wrong.label, wrong.taken_for) == ("cat/1.png", "cat", "dog")
    (pair,) = caveats.mixed_up
    assert (pair.label, pair.taken_for, pair.times, pair.share) == ("cat", "dog", 3, 0.5)
    assert caveats.trainings == 2


@pytest.mark.parametrize(("counts", "is_said"), [((40, 41), False), ((40, 200), True)])
def test_very_uneven_classes_are_said(counts, is_said):
    seen = looked([1, 0, 0, 1], counts=counts)
    uneven = advice(seen, scratch=(LESS,), finetune=(STEEP,)).caveats.uneven
    assert (uneven is not None) == is_said
