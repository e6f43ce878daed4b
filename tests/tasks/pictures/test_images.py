import io
import zlib

import numpy as np
import pytest
from PIL import Image
from task_fixtures import encoded, patch

from benchmark.errors import UserError
from benchmark.tasks.pictures import images
from benchmark.tasks.pictures.images import Picture


def decoded(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return images.decode(Picture(buffer.getvalue(), "x")).image


def colour(image):
    assert image.mode == "RGB"
    return image.getpixel((0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "LA", "RGBA", "I;16"])
def test_every_mode_becomes_rgb_of_the_same_size(mode):
    image = patch(0, 12).convert("L").convert(mode) if mode == "I;16" else patch(0, 12, mode)
    kept = decoded(image, "TIFF" if mode in ("CMYK", "YCbCr") else "PNG")
    assert (kept.mode, kept.size) == ("RGB", (12, 12))


def test_grey_becomes_three_equal_channels():
    assert colour(decoded(Image.new("L", (4, 4), 77))) == (77, 77, 77)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (200, 0, 0, 0)),
        Image.new("LA", (4, 4), (10, 0)),
    ],
)
def test_what_is_transparent_becomes_white(image):
    assert colour(decoded(image)) == (255, 255, 255)


@pytest.mark.parametrize(("format", "frames"), [("TIFF", 3), ("GIF", 3), ("MPO", 1)])
def test_of_several_images_in_a_file_the_first_is_read_and_the_others_are_counted(format, frames):
    pages, buffer = [Image.new("RGB", (9, 9), (90 * i,) * 3) for i in range(3)], io.BytesIO()
    pages[0].save(buffer, format, save_all=True, append_images=pages[1:])
    found = images.decode(Picture(buffer.getvalue(), "a"))
    assert (found.frames, colour(found.image)) == (frames, (0, 0, 0))


def test_half_transparent_is_half_white():
    red, green, _ = colour(decoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128))))
    assert red == green == 127


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_the_transparent_colour_of_a_palette_or_a_key_becomes_white(mode):
    image = Image.new(mode, (4, 4))
    kept = decoded(image, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert colour(kept) == (255, 255, 255)


def test_black_and_white_uses_the_whole_range():
    assert colour(decoded(Image.new("1", (4, 4), 1))) == (255, 255, 255)


@pytest.mark.parametrize(("wide", "narrow"), [(0, 0), (257, 1), (32896, 128), (65535, 255)])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_to_eight(wide, narrow, format):
    image = Image.fromarray(np.full((4, 4), wide, np.uint16))
    assert colour(decoded(image, format)) == (narrow, narrow, narrow)


def test_every_sixteen_bit_value_is_rounded_to_the_nearest():
    wide = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    narrow = np.asarray(decoded(Image.fromarray(wide)))[..., 0]
    assert (narrow == (wide.astype(int) + 128) // 257).all()


def tiff(values, white=None):
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "TIFF")
    return images.decode(Picture(buffer.getvalue(), "x"), white)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.full((4, 4), 70_000, np.int32), "its values reach 70000, and 16 bits end at 65535"),
        (np.full((4, 4), -3, np.int32), "its values reach from -3 to -3, and greys start at 0"),
        (np.full((4, 4), 0.5, np.float32), "its values, floating-point numbers, reach 0.5"),
        (np.full((4, 4), np.nan, np.float32), "its values reach from nan to nan"),
        (np.full((4, 4), np.inf, np.float32), "its values reach from inf to inf"),
    ],
)
def test_values_of_which_nobody_said_what_is_white_are_refused(values, expected):
    with pytest.raises(UserError, match=expected) as caught:
        tiff(values)
    assert "'white' under 'data'" in caught.value.mend


@pytest.mark.parametrize(
    ("value", "kind", "white", "expected"),
    [
        (4095, np.uint16, 4095, 255),
        (2048, np.uint16, 4095, 128),
        (5000, np.uint16, 4095, 255),
        (100_000, np.int32, 200_000, 128),
        (0.25, np.float32, 1.0, 64),
    ],
)
def test_the_white_that_is_given_is_white(value, kind, white, expected):
    found = tiff(np.full((4, 4), value, kind), white)
    assert (colour(found.image)[0], found.peak) == (expected, value)


EXTRA_SAMPLES = b"\x52\x01\x03\x00\x01\x00\x00\x00"
"""Tag 338 of a TIFF, one short number, as its bytes; the value follows."""


@pytest.mark.parametrize(
    ("mode", "old", "new", "expected"),
    [
        ("RGBA", b"\x02", b"\x00", "it has 4 channels, of which 3 are read"),
        ("LA", b"\x02", b"\x00", "it has 2 channels, of which 1 are read"),
        ("RGBA", b"\x02", None, "does not say what the fourth one means"),
    ],
)
def test_channels_without_a_meaning_are_refused(mode, old, new, expected):
    content = encoded(patch(0, 8, mode), "TIFF")
    assert EXTRA_SAMPLES + old in content
    other = EXTRA_SAMPLES + new if new else b"\xe8\xfd" + EXTRA_SAMPLES[2:] + old
    with pytest.raises(UserError, match=expected) as caught:
        images.decode(Picture(content.replace(EXTRA_SAMPLES + old, other), "x"))
    assert "three channels" in caught.value.mend


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "CMYK", "1", "P"])
def test_the_usual_channels_of_a_tiff_are_read(mode):
    assert decoded(patch(0, 8, mode), "TIFF").mode == "RGB"


def test_colours_that_are_no_colours_of_a_screen_are_refused():
    with pytest.raises(UserError, match="its colours are stored as LAB"):
        decoded(Image.new("LAB", (4, 4)), "TIFF")


def test_images_of_eight_bits_know_no_other_white():
    buffer = io.BytesIO()
    Image.new("L", (4, 4), 77).save(buffer, "PNG")
    assert colour(images.decode(Picture(buffer.getvalue(), "x"), 4095).image)[0] == 77


@pytest.mark.parametrize("mode", ["RGB", "I;16"])
def test_the_orientation_in_exif_is_applied(mode):
    image = Image.new("L", (6, 3), 10).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoded(image, "PNG", exif=exif).size == (3, 6)


def test_arrays_of_grey_values_are_pictures_too():
    image = images.decode(Picture(np.full((8, 8), 9, np.uint8), "row 0")).image
    assert colour(image) == (9, 9, 9)


@pytest.mark.parametrize(
    "content", [b"", b"no image", encoded(patch(0))[:60], encoded(patch(0, 64), "JPEG")[:900]]
)
def test_what_cannot_be_decoded_is_named(content):
    with pytest.raises(UserError, match=r"cat\.png: this image cannot be read"):
        images.decode(Picture(content, "cat.png"))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF", "WEBP", "JPEG2000"])
def test_an_image_with_too_many_pixels_is_refused_undecoded(monkeypatch, format):
    monkeypatch.setattr(images, "MAX_PIXELS", 99)
    monkeypatch.setattr(images, "_rgb", None)
    with pytest.raises(UserError, match=r"big: .* 10 x 10 pixels are more than 99"):
        images.decode(Picture(encoded(patch(0), format), "big"))


def png_of(width, height):
    """The head of a PNG that claims a size."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    parts = (b"\x00\x00\x00\x0d", head, zlib.crc32(head).to_bytes(4, "big"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + b"\x00\x00\x00\x00IDAT5\xaf\x06\x1e"


@pytest.mark.parametrize("size", [(7072, 7072), (30_000, 30_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_refused_without_a_warning(size, recwarn):
    with pytest.raises(UserError, match=r"bomb: this image cannot be read: .*pixels"):
        images.decode(Picture(png_of(*size), "bomb"))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is a PostScript file"),
        (b"%PDF-1.7", "it is a PDF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "it is a Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        (b"<svg xmlns='x'/>", "it is an SVG drawing"),
        (b"\x00\x00\x00\x18ftypheic", "it is an HEIC photo or a film"),
        (b"\x93NUMPY\x01", "it is a NumPy array"),
        (b"\x00" * 128 + b"DICM", "it is a DICOM file"),
        (b"PK\x03\x04", "it is a zip file"),
        (b"", "it is empty"),
        (b"II*\x00\x08\x00\x00\x00\x00\x00", "a TIFF of a kind that is not read here"),
    ],
)
def test_what_is_no_image_is_said_to_be_what_it_is(tmp_path, content, expected):
    (tmp_path / "x.png").write_bytes(content)
    for source in (content, tmp_path / "x.png"):
        with pytest.raises(UserError, match=expected):
            images.decode(Picture(source, "x.png"))


def test_postscript_starts_no_program(monkeypatch):
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", None)
    with pytest.raises(UserError, match="PostScript"):
        images.decode(Picture(encoded(patch(0), "EPS"), "x.png"))


def test_resizing_keeps_the_whole_image_and_puts_channels_first():
    image = Image.new("RGB", (20, 10), "red")
    image.paste("blue", (10, 0, 20, 10))
    pixels = images.resized(image, 8, "bilinear")
    assert pixels.shape == (3, 8, 8)
    assert pixels[0, 4].tolist()[:3] == [255] * 3
    assert pixels[2, 4].tolist()[-3:] == [255] * 3


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_shrinking_averages_instead_of_skipping_pixels(interpolation):
    stripes = Image.fromarray(np.tile(np.array([[0, 255]], np.uint8), (32, 16))).convert("RGB")
    inner = images.resized(stripes, 8, interpolation)[:, 2:-2, 2:-2]
    assert abs(inner.astype(int) - 127).max() < 30


def test_an_unknown_interpolation_gets_the_nearest_one():
    with pytest.raises(UserError, match="did you mean 'bicubic'"):
        images.check_interpolation("bicubik")


def test_the_digest_tells_pixels_and_shape_apart():
    wide, high = Image.new("RGB", (4, 2)), Image.new("RGB", (2, 4))
    assert images.digest(wide) == images.digest(wide.copy())
    assert len({images.digest(x) for x in (wide, high, Image.new("RGB", (4, 2), 1))}) == 3
