from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.errors import UserError
from benchmark.tasks.subsets import folds, smallest_class, subset, subset_hash

LABELS = np.repeat(np.arange(4), 30)
labels_with_enough = st.lists(st.integers(0, 3), min_size=1, max_size=60).map(
    lambda extra: np.array([0, 1, 2, 3] * 12 + extra)
)
sizes = st.integers(1, 12)
seeds = st.integers(0, 2**31)


@given(labels_with_enough, sizes, seeds)
def test_a_subset_has_exactly_n_images_of_every_class(labels, n, seed):
    _, counts = np.unique(labels[subset(labels, n, seed)], return_counts=True)
    assert counts.tolist() == [n] * 4


@given(labels_with_enough, sizes, sizes, seeds)
def test_the_smaller_subset_lies_inside_the_larger(labels, one, other, seed):
    small, large = subset(labels, min(one, other), seed), subset(labels, max(one, other), seed)
    assert set(small) <= set(large)


@given(labels_with_enough, sizes, seeds)
def test_no_image_is_chosen_twice(labels, n, seed):
    assert len(set(subset(labels, n, seed))) == 4 * n


@given(st.sets(seeds, min_size=2, max_size=2))
def test_different_seeds_choose_differently(pair):
    one, other = pair
    assert set(subset(LABELS, 10, one)) != set(subset(LABELS, 10, other))


def test_the_indices_are_the_same_on_every_machine():
    assert subset(np.array([0, 1] * 10), 3, 7).tolist() == [2, 7, 9, 10, 12, 15]


def test_the_hash_is_the_same_on_every_machine():
    assert subset_hash(np.array([1, 2, 3])).startswith("e2e2033ae7e19d68")


def test_a_class_with_too_few_images_is_an_error_that_counts_them():
    with pytest.raises(UserError, match="class 1 has 2 images, fewer than N=3"):
        subset(np.array([0, 0, 0, 1, 1]), 3, 0)


def test_the_smallest_class_is_named_with_its_size():
    assert smallest_class(np.array([0, 0, 2, 2, 2, 1])) == (1, 1)


@given(labels_with_enough, st.integers(2, 5), seeds)
def test_folds_hold_every_image_out_once(labels, count, seed):
    held_out = np.concatenate([held for _, held in folds(labels, count, seed)])
    assert sorted(held_out) == list(range(len(labels)))


@given(labels_with_enough, st.integers(2, 5), seeds)
def test_a_fold_never_trains_on_what_it_holds_out(labels, count, seed):
    assert all(not set(train) & set(held) for train, held in folds(labels, count, seed))
