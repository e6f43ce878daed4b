"""The images that every training gets wrong, side by side, each with its name and what it is."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from benchmark.advice.content import Wrong
from benchmark.advice.looked import Looked
from benchmark.errors import one_line

COLUMNS = 6
_SIDE = 144
_TEXT = 46
_GAP = 8
_CHARACTERS = 24


def contact_sheet(wrong: Sequence[Wrong], looked: Looked) -> bytes:
    """PNG; as small images as the networks saw, enlarged. Raises ValueError without an image."""
    if not wrong:
        raise ValueError("there is no image to show")
    rows = -(-len(wrong) // COLUMNS)
    columns = min(COLUMNS, len(wrong))
    size = columns * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _TEXT + _GAP) + _GAP
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for place, one in enumerate(wrong):
        row, column = divmod(place, COLUMNS)
        x, y = _GAP + column * (_SIDE + _GAP), _GAP + row * (_SIDE + _TEXT + _GAP)
        picture = Image.fromarray(looked.pictures[one.position].transpose(1, 2, 0))
        sheet.paste(picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), (x, y))
        lines = (one.name, f"says {one.label}", f"seen as {one.taken_for}")
        for number, line in enumerate(lines):
            draw.text((x, y + _SIDE + 2 + 14 * number), _short(line), fill="black", font=font)
    content = io.BytesIO()
    sheet.save(content, "PNG", optimize=True)
    return content.getvalue()


def _short(text: str) -> str:
    """The end of a name tells more than its beginning."""
    shown = one_line(text)
    return shown if len(shown) <= _CHARACTERS else f"…{shown[-_CHARACTERS + 1 :]}"
