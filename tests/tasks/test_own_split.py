import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from task_fixtures import FOLDER, make_task, write_folder

from benchmark.tasks import data, own_split


def test_the_own_split_takes_the_share_of_each_class(tmp_path):
    write_folder(tmp_path / "toy", train=10, test=0)
    task = make_task(tmp_path, FOLDER | {"test_fraction": 0.3})
    loaded = data.load(task, 8)
    assert np.bincount(loaded.test.labels).tolist() == [3, 3]
    assert np.bincount(loaded.train.labels).tolist() == [7, 7]
    assert loaded.test_in_train == ()


def test_the_own_split_is_the_same_everywhere():
    labels = np.array([0] * 6 + [1] * 4)
    assert np.flatnonzero(own_split.stratified(labels, 0.4, seed=0)).tolist() == [3, 4, 7, 9]


def test_another_seed_gives_another_split():
    labels = np.zeros(50, np.int64)
    first, second = (own_split.stratified(labels, 0.5, seed).tolist() for seed in (0, 1))
    assert first != second


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_group_lies_on_one_side_and_groups_of_one_class_leave_none_out(groups):
    labels = np.array([group % 3 for group in groups])
    chosen = own_split.by_groups(labels, groups, 0.3, seed=0)
    sides = {
        group: {bool(chosen[i]) for i, g in enumerate(groups) if g == group} for group in groups
    }
    assert all(len(side) == 1 for side in sides.values())
    for label in {*labels.tolist()}:
        of_class = {group for group in groups if group % 3 == label}
        assert len({*chosen[labels == label].tolist()}) == min(2, len(of_class))
