import io

import numpy as np
import pytest
from PIL import Image

from benchmark.advice.contact_sheet import COLUMNS, contact_sheet
from benchmark.advice.content import Wrong
from benchmark.advice.looked import Looked


def looked(count):
    labels = np.zeros(count, np.int64)
    pictures = np.full((count, 3, 8, 8), 200, np.uint8)
    return Looked(("cat", "dog"), (4, 4), labels, ("x",) * count, pictures, {})


def sheet(count, name="cat/1.png"):
    wrong = [Wrong(name, "cat", "dog", 1.0, i) for i in range(count)]
    return Image.open(io.BytesIO(contact_sheet(wrong, looked(count))))


def test_images_lie_in_rows_of_a_few():
    one, row, two = (sheet(n).size for n in (1, COLUMNS, COLUMNS + 1))
    assert one[0] < row[0] == two[0]
    assert row[1] < two[1]


def test_any_name_can_be_written():
    assert sheet(1, "Vögel/\x1b[2J\n" + "very long " * 30 + "画像.png").size == sheet(1).size


def test_without_an_image_there_is_no_sheet():
    with pytest.raises(ValueError, match="no image"):
        contact_sheet([], looked(1))
