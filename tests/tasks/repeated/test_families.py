import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.tasks.repeated import families, repeats
from benchmark.tasks.repeated.families import NEARLY, TWICE
from benchmark.tasks.repeated.repeats import Spot

bits = st.integers(0, 2**64 - 1)


def found(hashes, labels=None, digests=None):
    digests = [str(i).encode() for i in range(len(hashes))] if digests is None else digests
    labels = np.zeros(len(hashes), np.int64) if labels is None else np.array(labels)
    return families.families(digests, np.array(hashes, np.uint64), labels)


def test_a_family_is_called_by_its_first_image():
    of = found([255 << 20, 0, 3, 255 << 20], digests=[b"a", b"b", b"c", b"a"])
    assert of.equal.tolist() == [0, 1, 2, 0]
    assert of.near.tolist() == [0, 1, 1, 0]


def test_near_images_are_linked_in_chains():
    assert found([0, 3, 15, 63]).near.tolist() == [0, 0, 0, 0]


@given(st.lists(bits, min_size=1, max_size=25))
@settings(max_examples=40, deadline=None)
def test_whatever_lies_within_two_bits_is_of_one_family(hashes):
    near = found(hashes).near
    for i, one in enumerate(hashes):
        assert near[near[i]] == near[i] <= i
        for j, other in enumerate(hashes):
            if (one ^ other).bit_count() <= 2:
                assert near[i] == near[j]


def test_families_are_found_across_slices(monkeypatch):
    monkeypatch.setattr(families, "_ROWS", 2)
    far = [i << 8 for i in (0, 0xF0F, 0x3CF0, 0xFF00F)]
    assert found([*far, *(one ^ 1 for one in far)]).near.tolist() == [0, 1, 2, 3] * 2


def test_many_plain_images_are_one_family_and_fit_into_memory():
    assert not found([7] * 20_000).near.any()


def test_hashes_that_join_classes_are_no_evidence():
    pairs = [(i << 12, (i << 12) ^ 1) for i in (0, 0xF0F0, 0xFF00FF, 0xF00FF00, 0xAAAAAAA)]
    hashes = [one for pair in pairs for one in pair]
    mixed = found(hashes, labels=[0, 1] * 5)
    assert mixed.misled
    assert mixed.tied.tolist() == list(range(10))
    assert not found(hashes).misled


def test_one_pair_under_two_labels_is_rather_a_wrong_label():
    assert not found([0, 1], labels=[0, 1]).misled


def test_repeats_are_sorted_by_problem():
    spots = [
        Spot("train", "a", "cat"),
        Spot("train", "b", "cat"),
        Spot("test", "c", "cat"),
        Spot("train", "d", "dog"),
        Spot("train", "e", "cat"),
    ]
    of = found([0, 0, 0, 0, 1], labels=[0, 0, 0, 1, 0], digests=[b"x"] * 4 + [b"y"])
    problems = [(one.problem, one.image.name) for one in families.repeated(of, spots)]
    assert problems == [
        (repeats.TWO_LABELS, "d"),
        (repeats.LEAK, "c"),
        (TWICE, "b"),
        (NEARLY, "e"),
    ]
