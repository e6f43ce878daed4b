"""Labels as a source gives them become classes: named, chosen, renamed, joined and numbered."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.errors import listed, nearest
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.raw import Labels
from benchmark.tasks.reading.parts import Part, Refusal

CELLS = "cells of a text file"
"""Labels of this kind are numbers where every one of them reads as a whole number."""

LEFT_OUT = -1
_WHOLE = re.compile(r"(0|-?[1-9][0-9]*)(\.0+)?")
_NUMBER = re.compile(r"[+-]?(\d*[.,])?\d+(e[+-]?\d+)?", re.IGNORECASE)
_SPLITS = ("training", "test")


@dataclass(frozen=True)
class Classes:
    """The classes of a data set."""

    names: tuple[str, ...]
    labels: list[Labels]
    """For each split a position in ``names`` for each image; `LEFT_OUT` for other classes."""
    notes: tuple[str, ...]


def classes_of(parts: Sequence[Part], data: Data, refuse: Refusal) -> Classes:
    """The classes of all ``parts``, in the order of the data's own list, by size, or as text.

    Raises `UserError` for a label that is missing or no class, for splits that disagree, and for
    classes that the YAML names and the data lack.
    """
    labels, order = _named(parts, data, refuse)
    there = {label for part in labels for label in part}
    ghosts = [name for name in order if name not in there]
    order = [name for name in order if name in there]
    wanted = _wanted(data, order, refuse)
    position = {old: i for i, olds in enumerate(wanted.values()) for old in olds}
    numbered = [np.array([position.get(x, LEFT_OUT) for x in part], np.int64) for part in labels]
    notes = [f"classes that no image has: {listed(ghosts)}"] if ghosts else []
    notes += _left_out(order, position, labels)
    return Classes(tuple(wanted), numbered, (*notes, *_alike(list(wanted))))


def _named(parts: Sequence[Part], data: Data, refuse: Refusal) -> tuple[list[list[str]], list[str]]:
    """The class of every image by its name, and all names in their order."""
    if len({p.kind for p in parts}) > 1 or len({p.names for p in parts}) > 1:
        raise refuse(
            "training and test split disagree on the classes: "
            + " against ".join(_shown(part) for part in parts),
            "give both splits the same classes in the same order",
        )
    values = [
        [_value(part, i, split, data, refuse) for i in range(len(part.labels))]
        for split, part in zip(_SPLITS, parts, strict=False)
    ]
    if (names := parts[0].names) is not None:
        return [[names[v] for v in part] for part in values], list(names)
    known = {value for part in values for value in part}
    if parts[0].kind == CELLS and all(isinstance(v, str) and _NUMBER.fullmatch(v) for v in known):
        _check_no_fractions(known, data, refuse)
        if all(map(_WHOLE.fullmatch, known)):  # not so 007, which is a name
            values = [[int(v.split(".")[0]) for v in part] for part in values]
            known = {value for part in values for value in part}
    whole = all(isinstance(value, int) for value in known)
    order = sorted(known) if whole else sorted(map(str, known))
    return [[str(v) for v in part] for part in values], list(dict.fromkeys(map(str, order)))


def _check_no_fractions(known: Iterable[str], data: Data, refuse: Refusal) -> None:
    fractions = sorted(value for value in known if float(value.replace(",", ".")) % 1)
    if fractions:
        raise refuse(
            f"column {data.label_column!r} holds numbers that are no classes: "
            + listed(fractions, 3),
            "set 'label_column' to the column with the classes",
        )


def _value(part: Part, i: int, split: str, data: Data, refuse: Refusal) -> Any:
    """A label as text or as a whole number."""
    value = part.labels[i]
    if wrong := fault(value, part):
        where = part.place(i) if part.place else f"row {i} of the {len(part.labels)}"
        raise refuse(
            f"{where} in the {split} split {wrong} ({data.label_column} is {value!r:.60})",
            "give it a class, or remove the row",
        )
    if isinstance(value, bool):
        return str(value)
    return int(value) if isinstance(value, int | float) else value


def fault(label: Any, part: Part) -> str | None:
    """What is wrong with one label of ``part``; None where it is sound."""
    if label is None or (isinstance(label, str) and not label.strip()):
        return "has no label"
    if isinstance(label, bool | str):
        return None
    if not isinstance(label, int | float):
        return "has a label that is no class"
    if math.isnan(label) or (label < 0 and part.names is not None):
        return "has no label"
    if math.isinf(label) or label != int(label):
        return "has a label that is no class"
    if part.names is not None and label >= len(part.names):
        return f"has a label beyond the {len(part.names)} classes"
    return None


def _shown(part: Part) -> str:
    names = part.names or sorted({str(value) for value in part.labels})
    return f"{part.kind} ({listed(names)})"


def _wanted(data: Data, there: Sequence[str], refuse: Refusal) -> Mapping[str, Sequence[str]]:
    """Each class of the task -> the classes of the data that it joins."""
    named = [old for olds in (data.classes or {}).values() for old in olds]
    for name in (*named, *(data.drop_classes or ())):
        if name not in there:
            raise refuse(
                f"no image has the class {name!r}{nearest(name, list(there))}",
                f"the classes are: {listed(there, 40)}",
            )
    if data.classes is not None:
        return data.classes
    return {name: (name,) for name in there if name not in (data.drop_classes or ())}


def _left_out(
    order: Iterable[str], position: Mapping[str, int], labels: Sequence[Sequence[str]]
) -> list[str]:
    counts = [
        f"{name} ({' + '.join(str(list(part).count(name)) for part in labels)} images)"
        for name in order
        if name not in position
    ]
    return [f"classes that are left out: {listed(counts)}"] if counts else []


def _alike(names: Sequence[str]) -> list[str]:
    """A note for names that differ in nothing that people mean."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        groups[look(name)].append(name)
    return [
        f"are {' and '.join(map(distinct, group))} one class? They differ only in letter case, "
        "blanks, accents or the order of words; 'classes' joins them"
        for group in groups.values()
        if len(group) > 1
    ]


def distinct(name: str) -> str:
    """The name in quotation marks; with its letters spelt out where they look like others."""
    return repr(name) if unicodedata.is_normalized("NFKC", name) else ascii(name)


def look(name: str) -> tuple[str, ...]:
    """What stays of a name without letter case, blanks, hyphens and the order of its words.

    The sign of a number stays.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = re.split(r"[\s_]+|(?<=\w)-+(?=\w)", plain)
    return tuple(sorted(word for word in words if any(map(str.isalnum, word))))
