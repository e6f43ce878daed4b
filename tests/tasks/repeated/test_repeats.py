import csv
import io

import numpy as np
import pytest

from benchmark.tasks.repeated import repeats
from benchmark.tasks.repeated.duplicates import Fingerprints
from benchmark.tasks.unused import Unused


def prints(split, images, labels=None):
    """One image per letter: equal letters, equal images; capitals are nearly the small ones."""
    far = [sum(1 << (8 * (ord(x.lower()) - ord("a")) + bit) for bit in range(8)) for x in images]
    hashes = [x + 1 if name.isupper() else x for x, name in zip(far, images, strict=True)]
    labels = labels or [0] * len(images)
    names = [f"{split}{i}" for i in range(len(images))]
    return Fingerprints(
        [x.encode() for x in images], np.array(hashes, np.uint64), np.array(labels), names
    )


def found(train, test, labels=(None, None)):
    pairs = repeats.repeats(prints("r", train, labels[0]), prints("t", test, labels[1]), ("x", "y"))
    return [(one.problem, one.image.name, one.other.name) for one in pairs]


def test_without_repeats_there_is_nothing():
    assert found("abc", "de") == []


@pytest.mark.parametrize(
    ("train", "test", "labels", "expected"),
    [
        ("aba", "c", (None, None), [(repeats.TWICE_IN_TRAIN, "r2", "r0")]),
        ("a", "bcb", (None, None), [(repeats.TWICE_IN_TEST, "t2", "t0")]),
        (
            "abb",
            "cb",
            (None, None),
            [(repeats.LEAK, "t1", "r1"), (repeats.TWICE_IN_TRAIN, "r2", "r1")],
        ),
        ("ab", "B", (None, None), [(repeats.NEARLY, "t0", "r1")]),
        (
            "ab",
            "b",
            ([0, 0], [1]),
            [(repeats.LEAK, "t0", "r1"), (repeats.TWO_LABELS, "t0", "r1")],
        ),
    ],
)
def test_each_repeat_names_what_it_repeats(train, test, labels, expected):
    assert found(train, test, labels) == expected


def test_the_list_is_safe_in_a_spreadsheet():
    spot = repeats.Spot("train", "=cmd.png", "@x")
    text = repeats.as_csv(
        [repeats.Repeat(repeats.LEAK, spot, repeats.Spot("test", "a,b\n.png", "y"))],
        [Unused("+1.txt", "no image")],
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][1:] == ["train", "'=cmd.png", "'@x", "test", r"a,b\n.png", "y"]
    assert rows[2][:3] == ["not used: no image", "", "'+1.txt"]
