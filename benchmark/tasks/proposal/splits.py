"""Which of the splits that there are train and which one tests. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmark.errors import listed
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.reading.split_names import kind_of


def keys(there: Sequence[str], refuse: Refusal) -> tuple[dict[str, Any], list[str]]:
    """The keys under ``data`` for splits of these names, and what should be said of them.

    Without a test split a validation split stands in for it; beside one, it is training images.
    Raises `UserError` where no training images, or two test splits, are among them.
    """
    of: dict[str | None, list[str]] = defaultdict(list)
    for name in there:
        of[kind_of(name)].append(name)
    train, held, test = (of[kind] for kind in ("train", "validation", "test"))
    if len(there) == 1:
        train, held, test = list(there), [], []
    if not train:
        raise refuse(
            f"there are no training images: the splits are {listed(there)}",
            "call the one with the training images 'train'",
        )
    if len(test) > 1 or (not test and len(held) > 1):
        raise refuse(
            f"the test split may be any of {listed(test or held)}", "let one of them be there"
        )
    notes = [f"not used: the split {name!r}" for name in of[None] if name not in train]
    if test:
        notes += [f"{listed(held)} counts as training images: every label counts"] * bool(held)
        return {"train_split": "+".join(train + held), "test_split": test[0]}, notes
    if held:
        notes.append(f"{held[0]!r} stands in for the test split that is not there")
        return {"train_split": "+".join(train), "test_split": held[0]}, notes
    return {"train_split": "+".join(train)}, notes
