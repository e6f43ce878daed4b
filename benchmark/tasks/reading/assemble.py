"""What was read becomes a data set: classes numbered, a test split cut where none is published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import listed, one_line
from benchmark.tasks import own_split, unused
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.raw import Labels, Raw, RawSplit
from benchmark.tasks.reading import labels, split_file
from benchmark.tasks.reading.parts import Part, Reading, Refusal
from benchmark.tasks.reading.split_file import Sides

_MOST_FAULTS = 10


def assemble(data: Data, reading: Reading, sides: Sides | None, refuse: Refusal) -> Raw:
    """The data set that ``data`` describes, out of what was read; ``sides``: its split file.

    Raises `UserError` for labels that are no classes, classes that lack images on a side, groups
    that are not known, and images of the split file that are not there.
    """
    if sides is not None:
        reading = split_file.applied(reading, sides, refuse)
    parts = [reading.train] if reading.test is None else [reading.train, reading.test]
    found = labels.classes_of(parts, data, refuse)
    kept = [np.flatnonzero(of != labels.LEFT_OUT) for of in found.labels]
    whole = [
        RawSplit(of, part.picture).take(chosen)
        for of, part, chosen in zip(found.labels, parts, kept, strict=True)
    ]
    if reading.test is None:
        groups = _groups(reading.train, kept[0], whole[0], data, refuse)
        whole = _cut(whole[0], groups, data)
    notes = (*reading.notes, *found.notes, *unused.lines(reading.unused))
    _check_classes(found.names, [part.labels for part in whole], data, notes, refuse)
    return Raw(whole[0], whole[1], found.names, tuple(map(one_line, notes)), reading.unused)


def _cut(whole: RawSplit, groups: Sequence[str] | None, data: Data) -> list[RawSplit]:
    assert data.test_fraction is not None
    if groups is None:
        chosen = own_split.stratified(whole.labels, data.test_fraction, data.split_seed)
    else:
        chosen = own_split.by_groups(whole.labels, groups, data.test_fraction, data.split_seed)
    return [whole.take(np.flatnonzero(~chosen)), whole.take(np.flatnonzero(chosen))]


def _groups(
    part: Part, kept: NDArray[np.int64], whole: RawSplit, data: Data, refuse: Refusal
) -> Sequence[str] | None:
    """The group of every image that is kept; None where images are not grouped."""
    if data.group is not None:
        values = [part.groups[i] for i in kept] if part.groups is not None else [None] * len(kept)
        lacking = [int(i) for i, v in zip(kept, values, strict=True) if v is None or v == ""]
        if lacking:
            raise refuse(
                f"row {lacking[0]} has no {data.group!r}, nor have {len(lacking) - 1} more",
                "give every image a group: its own where it belongs to no other",
            )
        return [str(value) for value in values]
    if data.group_pattern is None:
        return None
    pattern = re.compile(data.group_pattern)
    files = [whole.picture(i).file for i in range(len(whole.labels))]
    groups = [_group(pattern, file) for file in files]
    apart = [file for file, group in zip(files, groups, strict=True) if group is None]
    if apart:
        raise refuse(
            f"'group_pattern' finds nothing in {len(apart)} of {len(files)} names: "
            + listed([file or "an image without a file's name" for file in apart], 3),
            "change the regular expression so that it finds a group in every name",
        )
    return [str(group) for group in groups]


def _group(pattern: re.Pattern[str], file: str) -> str | None:
    found = pattern.search(file if "/" in pattern.pattern else PurePosixPath(file).name)
    return None if found is None else found[1 if pattern.groups else 0]


def _check_classes(
    names: Sequence[str], parts: Sequence[Labels], data: Data, notes: Sequence[str], refuse: Refusal
) -> None:
    in_train, in_test = (np.bincount(of, minlength=len(names)).tolist() for of in parts)
    if len(names) < 2:
        raise refuse(
            f"there are fewer than two classes: {', '.join(names) or 'none'}{_also(notes)}",
            "every class needs images in the training and in the test split",
        )
    lacking = [i for i in range(len(names)) if not (in_train[i] and in_test[i])]
    if lacking:
        faults = [_lack(names[i], in_train[i], in_test[i]) for i in lacking]
        raise refuse(
            listed(faults, _MOST_FAULTS) + _also(notes),
            _mend([names[i] for i in lacking], names, data),
        )


def _lack(name: str, train: int, test: int) -> str:
    name = labels.distinct(name)
    if not train:
        return f"class {name} has {'test images but ' * bool(test)}no training images"
    return f"class {name} has no test images"


def _also(notes: Sequence[str]) -> str:
    return "".join(f"\n    {note}" for note in notes)


def _mend(lacking: Sequence[str], names: Sequence[str], data: Data) -> str:
    twins = {look: [n for n in names if labels.look(n) == look] for look in map(labels.look, names)}
    same = next((twin for twin in twins.values() if len(twin) > 1 and lacking[0] in twin), None)
    if same is not None:
        return (
            f"if {' and '.join(map(labels.distinct, same))} are one class, join them with 'classes'"
        )
    if data.group is not None or data.group_pattern is not None:
        return "a class needs two groups at least, one for each side"
    shown = ", ".join(repr(name) for name in lacking[:_MOST_FAULTS])
    return (
        "every class needs images in the training and in the test split; leave out those that "
        f"lack them with 'drop_classes: [{shown}]'"
    )
