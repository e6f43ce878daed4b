import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.tasks.pictures.tones import Tone
from benchmark.tasks.proposal.dealing import Dealt
from benchmark.tasks.proposal.looking import Found, Look
from benchmark.tasks.proposal.suggesting import AFFORDED, GRID, half_width, suggest
from benchmark.tasks.reading.split_file import TRAIN, Side

LOOK = Look("a", 0, None, (128, 171), "RGB", False, b"", 0, Tone("a", 255, 255, None))


def suggested(train=None, cost=0.0, **look):
    train = train or {"cat": 30, "dog": 40}
    looks = (dataclasses.replace(LOOK, **look),) * 4
    found = Found("birds", {}, tuple(train), looks)
    dealt = Dealt((Side(TRAIN),) * 4, (), train, dict.fromkeys(train, 5), 0.3)
    rough = cost if callable(cost) else lambda *about: cost
    return suggest(found, dealt, rough)


@pytest.mark.parametrize(
    ("smallest", "grid"),
    [
        (1, (1,)),
        (3, (1, 2, 3)),
        (67, (1, 2, 5, 10, 20, 50, 67)),
        (55, (1, 2, 5, 10, 20, 50)),
        (5000, GRID),
    ],
)
def test_the_grid_goes_as_far_as_the_smallest_class(smallest, grid):
    assert suggested({"cat": smallest, "dog": 9999}).images_per_class.value == grid


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_every_n_of_the_grid_can_be_filled(one, other):
    grid = suggested({"cat": one, "dog": other}).images_per_class.value
    assert sorted(set(grid)) == list(grid)
    assert grid[-1] <= min(one, other) or grid == (1,)


def test_a_tiny_class_that_holds_all_others_back_is_named():
    why = suggested({"cat": 3, "dog": 80, "hen": 90}).images_per_class.why
    assert "'cat' has 3 training images; without it ('drop_classes') N could reach 80" in why
    assert "drop_classes" not in suggested({"cat": 3, "dog": 80}).images_per_class.why


def test_names_from_outside_are_one_line():
    assert "\n" not in suggested({"ca\nt": 3, "dog": 80}).images_per_class.why


@pytest.mark.parametrize(
    ("side", "size"), [(28, 32), (63, 32), (64, 64), (95, 64), (96, 96), (4000, 96)]
)
def test_the_image_size_is_no_larger_than_the_images(side, size):
    assert suggested(size=(side, side + 5)).image_size.value == size


def test_a_size_that_costs_too_much_is_not_suggested():
    found = suggested(cost=lambda grid, classes, side: AFFORDED * side / 80)
    assert found.image_size.value == 64
    assert "96 pixels would take more than an hour on two cores" in found.image_size.why


def test_photographs_are_mirrored_and_small_grey_images_are_not():
    assert suggested().flip.value
    assert suggested(grey=True).flip.value  # large: an X-ray, say
    assert not suggested(grey=True, size=(28, 28)).flip.value


@pytest.mark.parametrize(
    "names", [("turn left", "Turn_Right"), ("A", "b", "Ж")], ids=["mirrored", "letters"]
)
def test_class_names_that_a_mirror_changes_forbid_it(names):
    assert not suggested(dict.fromkeys(names, 9)).flip.value


def test_a_numeral_for_a_name_says_nothing_about_the_mirror():
    assert suggested({"0": 9, "1": 9}).flip.value


def test_twelve_bits_in_sixteen_get_their_white():
    assert suggested(tone=Tone("a", 15, 15, 4000.0)).white.value == 4095
    assert suggested().white is None


def test_the_width_is_that_of_the_normal_approximation():
    assert half_width(120) == pytest.approx(1.96 * math.sqrt(0.25 / 120))
    assert half_width(120, 0.9) == pytest.approx(1.96 * math.sqrt(0.09 / 120))
