"""What a file is by its first bytes, for words that help where it is not what it should be."""

from __future__ import annotations

from benchmark.tasks import text_file

HEAD = 256
"""So many bytes are enough to tell."""

_REPLACE = "replace the image, or remove it from the data"
_CONVERT = "convert it to PNG or JPEG"

_IMAGES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP  ",
    b"\xff\x4f\xff\x51",
)

_OTHERS = (
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"%PDF", "a PDF file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a parquet file"),
    (b"8BPS", "a Photoshop file"),
    (b"SIMPLE  =", "a FITS file"),
)


def begins_as_image(head: bytes) -> bool:
    """Whether ``head`` is the beginning of an image in one of the common formats."""
    return head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def of_no_image(head: bytes) -> tuple[str, str]:
    """What a file is whose first bytes are ``head`` and that is no image, and how to mend it."""
    if not head:
        return "it is empty", _REPLACE
    if text_file.is_lfs_pointer(head):
        return "it is a Git LFS pointer, not the image itself", text_file.LFS_MEND
    for start, name in _OTHERS:
        if head.startswith(start):
            return f"it is {name}", _CONVERT
    if head[4:8] == b"ftyp":
        return "it is an HEIC photo or a film", _CONVERT
    if head[128:132] == b"DICM":
        return "it is a DICOM file", _CONVERT
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "it is a web page, perhaps that of an error", "download the image again"
    if start.startswith((b"<svg", b"<?xml")):
        return "it is an SVG drawing or another XML file", _CONVERT
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return (
            "a TIFF of a kind that is not read here: more than four channels, or unusual numbers",
            "convert it to an 8-bit PNG with one or three channels",
        )
    return "it is no image in a format that is read here", _REPLACE
