"""What to know before relying on the advice: only what matters here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmark.advice.content import Caveats, MixedUp, Now, Uneven, Wrong
from benchmark.advice.looked import Looked
from benchmark.analysis.board import Board
from benchmark.analysis.mistakes import Indices, always_wrong, mixed

_MOST_MIXED = 5
_MOST_WRONG = 24
_OFTEN = 0.1
"""Classes count as mixed up where one is taken for the other in so large a share of its images."""
_UNEVEN = 3.0
"""So many times as many images in the largest class as in the smallest are very uneven."""
_WIDE = 0.03
"""Half of an interval, as an accuracy, from which on a test set counts as small."""


def caveats(
    board: Board, largest: int, now: Now | None, looked: Looked | None, notes: tuple[str, ...]
) -> Caveats:
    """Of a board whose largest N is ``largest``; ``notes`` are those of whoever planned the run."""
    images = board.data.test_images - len(board.data.test_in_train)
    learning = [
        name
        for name, arm in board.arms.items()
        if (point := arm.point(largest)) is not None and point.unfinished
    ]
    known = {} if looked is None else _known(looked, now)
    return Caveats(
        test_images=images,
        test_images_for_half=_for_half(now, images),
        leaked=len(board.data.test_in_train),
        still_learning=tuple(learning),
        notes=notes,
        **known,
    )


def _for_half(now: Now | None, images: int) -> int | None:
    """Test images that would halve the interval of the accuracy, seeds being free."""
    if now is None or now.low is None or now.high is None:
        return None
    return 4 * images if (now.high - now.low) / 2 > _WIDE else None


def _known(looked: Looked, now: Now | None) -> Mapping[str, Any]:
    mine = looked.predictions.get(now.arm) if now is not None else None
    everyone = list(looked.predictions.values())
    wrong = always_wrong(np.concatenate(everyone), looked.labels) if everyone else ()
    names = looked.class_names
    return {
        "mixed_up": () if mine is None else tuple(_mixed_up(looked, mine))[:_MOST_MIXED],
        "always_wrong": tuple(
            Wrong(
                looked.names[one.image],
                names[one.label],
                names[one.taken_for],
                one.agreed,
                one.image,
            )
            for one in wrong[:_MOST_WRONG]
        ),
        "always_wrong_in_all": len(wrong),
        "trainings": sum(map(len, everyone)),
        "uneven": _uneven(looked),
    }


def _mixed_up(looked: Looked, predictions: Indices) -> Iterator[MixedUp]:
    names = looked.class_names
    for one in mixed(predictions, looked.labels, len(names)):
        if one.share >= _OFTEN:
            yield MixedUp(names[one.label], names[one.taken_for], one.times, one.share)


def _uneven(looked: Looked) -> Uneven | None:
    counts = looked.train_counts
    low, high = (int(choose(counts)) for choose in (np.argmin, np.argmax))
    if counts[high] < _UNEVEN * max(1, counts[low]):
        return None
    names = looked.class_names
    return Uneven(names[low], counts[low], names[high], counts[high])
