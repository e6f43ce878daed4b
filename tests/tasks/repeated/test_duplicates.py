import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from task_fixtures import patch

from benchmark.tasks.repeated import duplicates
from benchmark.tasks.repeated.duplicates import Duplicates, Fingerprints

hashes = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20)


def prints(names, labels=None):
    """One image per letter; equal letters are equal images, far from all others."""
    far = [sum(1 << (8 * (ord(name) - ord("a")) + bit) for bit in range(8)) for name in names]
    labels = np.zeros(len(names), np.int64) if labels is None else np.array(labels)
    return Fingerprints([name.encode() for name in names], np.array(far, np.uint64), labels, names)


def test_without_duplicates_every_count_is_zero():
    assert duplicates.count(prints("abc"), prints("de")) == Duplicates(0, 0, 0, 0, 0)


def test_copies_are_counted_within_each_split():
    found = duplicates.count(prints("aaab"), prints("cc"))
    assert (found.within_train, found.within_test, found.test_in_train) == (2, 1, 0)


def test_every_test_image_that_is_also_in_train_counts():
    found = duplicates.count(prints("abc"), prints("aad"))
    assert (found.test_in_train, found.near) == (2, 2)


@pytest.mark.parametrize(
    ("train", "test", "labels", "expected"),
    [("aab", "c", ([0, 1, 0], [0]), 1), ("ab", "ac", ([0, 0], [1, 0]), 1), ("aa", "a", None, 0)],
)
def test_one_image_under_two_labels_is_a_conflict(train, test, labels, expected):
    of_train, of_test = labels or (None, None)
    found = duplicates.count(prints(train, of_train), prints(test, of_test))
    assert found.conflicting == expected


def test_the_test_images_that_are_in_train_are_listed_in_order():
    assert duplicates.test_images_also_in_train([b"a", b"b"], [b"c", b"b", b"a", b"b"]) == [1, 2, 3]


@given(hashes, hashes, st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_near_is_what_counting_bits_says(ours, others, distance):
    found = duplicates.has_near(np.array(ours, np.uint64), np.array(others, np.uint64), distance)
    expected = [any((x ^ y).bit_count() <= distance for y in others) for x in ours]
    assert found.tolist() == expected


def test_near_works_in_slices(monkeypatch):
    monkeypatch.setattr(duplicates, "_ROWS", 3)
    ours = np.array([0, 255, 1, 255, 255, 255, 3], np.uint64)
    found = duplicates.has_near(ours, np.array([0], np.uint64))
    assert found.tolist() == [True, False, True, False, False, False, True]


def test_the_perceptual_hash_is_that_of_imagehash():
    image = patch(3, 40)
    assert f"{duplicates.perceptual_hash(image):016x}" == str(imagehash.phash(image))


def test_a_slightly_changed_image_is_near_and_another_one_is_not():
    image = patch(3, 40).resize((128, 128))
    smaller, other = image.resize((96, 96)), patch(4, 40)
    ours, near, far = (np.array([duplicates.perceptual_hash(x)]) for x in (image, smaller, other))
    assert duplicates.has_near(ours, near).all()
    assert not duplicates.has_near(ours, far).any()
