import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.errors import UserError
from benchmark.tasks.pictures.tones import Tone
from benchmark.tasks.proposal import dealing
from benchmark.tasks.proposal.dealing import deal
from benchmark.tasks.proposal.looking import Fault, Found, Look
from benchmark.tasks.reading.split_file import LEFT_OUT, TEST, TRAIN

LOOK = Look("a", 0, None, (9, 9), "RGB", False, b"", 0, Tone("a", 255, 255, None))


def far(number):
    """64 bits, many of which differ for any two numbers."""
    return int.from_bytes(np.random.default_rng(number).bytes(8), "big")


def image(label, shows, given=None, near=0):
    """One that shows the thing ``shows``; with ``near`` nearly, but not pixel by pixel."""
    name = f"{label}/{shows}.{near}.{given}"
    return dataclasses.replace(
        LOOK,
        name=name,
        label=label,
        given=given,
        digest=f"{shows}.{near}".encode(),
        perceptual=far(shows) ^ (near & 1),
    )


def found(*images, faults=(), keys=None, names="abcd"):
    used = max(one.label for one in images) + 1
    return Found("birds", keys or {}, tuple(names[:used]), images, tuple(faults))


def many(label, count, given=None, first=0):
    return [image(label, 1000 * label + first + i, given) for i in range(count)]


def splits(dealt):
    return [side.split for side in dealt.sides]


# A split that is drawn


def test_of_each_class_three_tenths_are_drawn_for_the_test():
    dealt = deal(found(*many(0, 10), *many(1, 20)))
    assert (dealt.train, dealt.test) == ({"a": 7, "b": 14}, {"a": 3, "b": 6})
    assert (dealt.fraction, dealt.left_out) == (0.3, {})


def test_the_same_images_are_dealt_out_alike_again():
    images = [*many(0, 10), *many(1, 20)]
    assert deal(found(*images)) == deal(found(*images))


def test_of_very_many_images_no_more_are_taken_than_narrow_the_answer(monkeypatch):
    monkeypatch.setattr(dealing, "MOST_TEST", 6)
    assert deal(found(*many(0, 30), *many(1, 30))).n_test == 6


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8), st.integers(0, 2)), min_size=1))
@settings(max_examples=60, deadline=None)
def test_equal_images_never_lie_on_both_sides_and_no_class_is_one_sided(rows):
    images = [image(label, shows, near=2 * near) for label, shows, near in rows]
    dealt = deal(found(*images))
    sides = {}
    for one, side in zip(images, dealt.sides, strict=True):
        if side.split != LEFT_OUT:
            sides.setdefault(one.digest, set()).add(side.split)
    assert all(len(of) == 1 for of in sides.values())
    assert dealt.train.keys() == dealt.test.keys()


def test_nearly_equal_images_stay_on_one_side():
    pairs = [
        image(label, 10 * label + i, near=k) for label in (0, 1) for i in range(6) for k in (0, 1)
    ]
    sides = splits(deal(found(*pairs)))
    assert sides[::2] == sides[1::2]
    assert {*sides} == {TRAIN, TEST}


def of_groups(label, *sizes, given=None):
    """Images that differ, of one group for each of the ``sizes``."""
    groups = [f"{label}-{group}" for group, size in enumerate(sizes) for _ in range(size)]
    images = many(label, sum(sizes), given)
    return [dataclasses.replace(one, group=of) for one, of in zip(images, groups, strict=True)]


@given(st.lists(st.lists(st.integers(1, 6), min_size=2, max_size=6), min_size=2, max_size=3))
@settings(max_examples=40, deadline=None)
def test_images_of_one_group_stay_on_one_side(sizes):
    images = [one for label, of in enumerate(sizes) for one in of_groups(label, *of)]
    sides = {}
    for one, split in zip(images, splits(deal(found(*images))), strict=True):
        sides.setdefault(one.group, set()).add(split)
    assert all(len(of) == 1 for of in sides.values())


def test_a_group_holds_its_copies_and_theirs():
    copies = [image(0, 5000, near=2 * k) for k in (0, 1)]
    tied = [dataclasses.replace(one, group="anna") for one in (*many(0, 1), copies[0])]
    images = [*tied, image(0, 5000), *many(0, 9, first=20), *many(1, 10)]
    assert len({*splits(deal(found(*images)))[:3]}) == 1


def test_a_class_that_is_one_group_takes_part_with_a_warning():
    images = [*of_groups(0, 3, 3, 4), *of_groups(1, 10)]
    dealt = deal(dataclasses.replace(found(*images), group="patient"))
    assert (dealt.train["b"], dealt.test["b"]) == (7, 3)
    assert "all images of 'b' are tied together by the column 'patient'" in dealt.notes[0]


def test_groups_that_a_published_split_has_torn_are_counted():
    images = [*of_groups(0, 2, 2), *of_groups(1, 4)]
    torn = [dataclasses.replace(one, given=(TRAIN, TEST)[i % 2]) for i, one in enumerate(images)]
    dealt = deal(dataclasses.replace(found(*torn), group="patient"))
    assert dealt.notes == (
        "3 of 3 values of the column 'patient' have training and test images: accuracy says little "
        "about others",
    )


def test_the_same_picture_in_two_classes_is_left_out_with_all_its_copies():
    dealt = deal(found(*many(0, 5), *many(1, 5), image(0, 7777), image(1, 7777)))
    assert splits(dealt)[-2:] == [LEFT_OUT, LEFT_OUT]
    assert dealt.left_out == {"the same picture lies in two classes": 2}


@pytest.mark.parametrize("last", [[image(2, 5000)], [image(2, 5000), image(2, 5000)]])
def test_a_class_without_two_images_that_differ_is_left_out_and_named(last):
    dealt = deal(found(*many(0, 5), *many(1, 5), *last))
    assert "c" not in dealt.train
    assert dealt.left_out == {
        "class 'c' has not two images that differ, one for each side": len(last)
    }


def test_a_class_that_is_one_scene_takes_part_with_a_warning():
    scene = [image(2, 5000, near=2 * k + 1) for k in range(6)]
    dealt = deal(found(*many(0, 5), *many(1, 5), *scene))
    assert dealt.test["c"] == 2
    assert "class 'c': 6 of its images are nearly equal" in dealt.notes[0]


def test_hashes_that_join_classes_tie_nothing_and_that_is_said():
    joined = [image(label, shows, near=label) for shows in range(10) for label in (0, 1)]
    dealt = deal(found(*joined))
    assert "only equal images are taken for copies" in dealt.notes[0]
    assert not dealt.left_out


def test_an_image_that_also_has_a_row_without_a_class_is_left_out():
    images = [*many(0, 5), *many(1, 5)]
    fault = Fault(images[0].name, "has no label", None)
    assert splits(deal(found(*images, faults=[fault])))[0] == LEFT_OUT


# A split that is published


def published(*images, **given):
    return deal(found(*images, **given))


BASE = [*many(0, 6, TRAIN), *many(1, 6, TRAIN), *many(0, 3, TEST, 500), *many(1, 3, TEST, 500)]


def test_a_published_split_is_kept():
    dealt = published(*BASE)
    assert splits(dealt) == [one.given for one in BASE]
    assert dealt.fraction is None


@pytest.mark.parametrize(("near", "reason"), [(0, "equal"), (1, "nearly equal")])
def test_training_images_that_show_a_test_image_are_left_out(near, reason):
    dealt = published(*BASE, image(0, 500, TRAIN, near))
    assert dealt.left_out == {f"{reason} to a test image": 1}
    assert dealt.test == {"a": 3, "b": 3}


def test_a_class_is_not_lost_to_near_copies():
    scene = [image(2, 9000, split, 2 * k + 1) for k, split in enumerate([TRAIN, TRAIN, TEST])]
    dealt = published(*BASE, *scene)
    assert dealt.train["c"] == 2
    assert "class 'c': 2 of its images" in dealt.notes[0]


def test_a_class_that_only_one_side_has_is_left_out():
    dealt = published(*BASE, *many(2, 4, TRAIN))
    assert dealt.left_out == {"class 'c' lacks training or test images": 4}


def test_images_of_another_split_are_left_out():
    dealt = published(*BASE, image(0, 1, LEFT_OUT))
    assert dealt.left_out == {"of a split that is neither training nor test": 1}


def test_a_test_split_of_which_nothing_can_be_read_leaves_no_class():
    dealt = published(*many(0, 6, TRAIN), *many(1, 6, TRAIN), keys={"test_split": "test"})
    assert not dealt.train


def test_one_file_in_both_splits_is_refused():
    both = image(0, 1, TEST)
    images = [both, dataclasses.replace(both, given=TRAIN), *many(0, 3, TRAIN), *many(1, 3, TRAIN)]
    with pytest.raises(UserError, match="1 images are in the test split and outside of it"):
        deal(found(*images))
