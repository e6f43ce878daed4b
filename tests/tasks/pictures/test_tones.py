import numpy as np
import pytest
from PIL import Image
from task_fixtures import FOLDER, make_task, refusal

from benchmark.tasks import data
from benchmark.tasks.pictures import tones
from benchmark.tasks.pictures.tones import Tone


def made(folder, values, kind=np.uint16, ending="png"):
    """Two classes with two training and two test images each, noise of 0..``values``."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in "ab":
            (folder / "toy" / split / name).mkdir(parents=True)
            for i in range(2):
                pixels = (random.random((12, 12)) * values).astype(kind)
                pixels[0, :2] = 0, values
                Image.fromarray(pixels).save(folder / "toy" / split / name / f"{i}.{ending}")


@pytest.mark.parametrize(
    ("peak", "white"), [(4080, 4095), (4095, 4095), (1000, 1023), (16383, 16383), (200, 255)]
)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_few_bits_in_a_file_of_sixteen_are_refused_with_the_white_to_give(
    tmp_path, peak, white, ending
):
    made(tmp_path, peak, ending=ending)
    message = refusal(make_task(tmp_path))
    assert f"hold no value above {peak}" in message
    assert f"'white: {white}' under 'data'" in message


def test_the_white_that_is_given_is_used(tmp_path):
    made(tmp_path, 4095)
    found = data.load(make_task(tmp_path, FOLDER | {"white": 4095}), 8)
    assert found.train.images.max() > 128
    assert found.notes == ()


def test_dark_images_of_sixteen_bits_can_be_accepted(tmp_path):
    made(tmp_path, 4095)
    found = data.load(make_task(tmp_path, FOLDER | {"white": 65535}), 8)
    assert "8 of 8 images are nearly black" in found.notes[0]


@pytest.mark.parametrize(
    ("values", "kind"), [(65535, np.uint16), (20_000, np.uint16), (255, np.uint8)]
)
def test_images_that_use_their_range_get_no_note(tmp_path, values, kind):
    made(tmp_path, values, kind)
    assert data.load(make_task(tmp_path), 8).notes == ()


def test_dark_images_of_eight_bits_get_a_note_with_names(tmp_path):
    made(tmp_path, 15, np.uint8)
    (note,) = data.load(make_task(tmp_path), 8).notes
    assert note.startswith("8 of 8 images are nearly black, with no value above 64 of 255")
    assert note.endswith(": toy/train/a/0.png, toy/train/a/1.png, toy/train/b/0.png and 5 more")


def test_floating_point_images_need_a_white(tmp_path):
    made(tmp_path, 1, np.float32, "tif")
    assert "floating-point numbers, reach 1" in refusal(make_task(tmp_path))
    assert data.load(make_task(tmp_path, FOLDER | {"white": 1.0}), 8).notes == ()


def test_images_of_one_colour_get_a_note(tmp_path):
    made(tmp_path, 255, np.uint8)
    Image.new("RGBA", (9, 9), (9, 9, 9, 0)).save(tmp_path / "toy/train/a/blank.png")
    (note,) = data.load(make_task(tmp_path), 8).notes
    assert note == "images of one colour: toy/train/a/blank.png"


def test_a_few_dark_images_among_many_get_no_note():
    bright, dark = Tone("x", 255, 200, None), Tone("y", 40, 40, None)
    assert tones.notes([bright] * 19 + [dark], None) == []
    assert len(tones.notes([bright] * 5 + [dark], None)) == 1


def test_a_pure_colour_is_not_dark():
    blue = Image.new("RGB", (4, 4), (0, 0, 255))
    assert tones.tone("x", blue, None).brightest == 255


def test_files_of_several_images_get_a_note_with_names():
    (note,) = tones.notes([Tone("a.tif", 255, 255, None, 20), Tone("b.png", 255, 255, None)], None)
    assert note.startswith("files of several images (pages, frames), of which the first is read")
    assert note.endswith("1 in all: a.tif")


def test_values_beyond_the_white_are_said():
    assert "values beyond 'white: 4095'" in tones.notes([Tone("x", 255, 255, 5000.0)], 4095)[0]


def test_one_bright_image_is_enough_to_leave_the_rest_alone():
    many = [Tone("x", 20, 20, 4000.0)] * 9
    assert tones.unused_bits([*many, Tone("y", 255, 255, 60_000.0)]) is None
    assert tones.unused_bits(many) == (4000.0, 4095)
    assert tones.unused_bits([]) is None
