"""What to do with so many images, as numbers: from a board alone, the words are made elsewhere.

Nothing is claimed here that the board's tables do not show: accuracies, gains and verdict are
theirs, and what goes beyond the largest N comes from their curve (`analysis.learning_curve`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmark.advice.looked import Looked
from benchmark.analysis.board import FINETUNE, SCRATCH, ArmResult, Board
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.gains import GainEstimate
from benchmark.analysis.learning_curve import Expected, learning_curve
from benchmark.analysis.mistakes import always_wrong, mixed

_FACTORS = (2, 4)
_MOST_MIXED = 5
_MOST_WRONG = 24
_OFTEN = 0.1
"""Classes count as mixed up where one is taken for the other in so large a share of its images."""
_UNEVEN = 3.0
"""So many times as many images in the largest class as in the smallest are very uneven."""
_WIDE = 0.03
"""Half of an interval, as an accuracy, from which on a test set counts as small."""
_AT_ONCE = 1.0
"""Seconds: arms that train in less are alike in cost."""


@dataclass(frozen=True)
class Rival:
    """How sure it is that the advised arm is the better one."""

    arm: str
    gain: float
    """Accuracy of the advised arm less that of the rival, on the same images, -1..1."""
    low: float | None
    high: float | None
    """95% interval; None with one seed."""
    better: float | None
    """Probability that the advised arm is better, 0..1; None with one seed."""

    @property
    def is_settled(self) -> bool:
        """Whether the interval lies above zero."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True)
class Now:
    """What to do with as many images as there are."""

    images_per_class: int
    arm: str
    accuracy: float
    """To be expected on new images, 0..1."""
    low: float | None
    high: float | None
    """95% interval; None with one seed."""
    seeds: int
    minutes: float
    """Of one training on one core."""
    rival: Rival | None
    """The best of the others; None where there is none, or the two cannot be compared."""


@dataclass(frozen=True)
class MoreLabels:
    """What more images would bring one arm."""

    arm: str
    expected: tuple[Expected, ...]
    """At twice and four times as many per class: all of them beyond what was measured."""
    pays_until: int | None
    """N from which on twice as many bring less than the margin; None: not within twice as many."""


@dataclass(frozen=True)
class Size:
    """A probe at two image sizes, on the same images."""

    images_per_class: int
    pixels: int
    accuracy: float
    low: float | None
    high: float | None
    larger_pixels: int
    larger_accuracy: float
    larger_low: float | None
    larger_high: float | None
    gain: float
    """Of the larger one."""
    gain_low: float | None
    gain_high: float | None


@dataclass(frozen=True)
class Cost:
    """What the answer took."""

    trainings: int
    core_minutes: float


@dataclass(frozen=True)
class MixedUp:
    """Two classes."""

    label: str
    taken_for: str
    times: int
    share: float
    """Of the images of the class, 0..1."""


@dataclass(frozen=True)
class Wrong:
    """A test image that no training got right."""

    name: str
    label: str
    taken_for: str
    agreed: float
    """Share of the trainings that said so."""
    position: int
    """Among the test images that count."""


@dataclass(frozen=True)
class Uneven:
    """The smallest and the largest class."""

    smallest: str
    smallest_images: int
    largest: str
    largest_images: int


@dataclass(frozen=True)
class Caveats:
    """What matters here; what does not is None or empty."""

    test_images: int
    test_images_for_half: int | None
    """About so many would make the interval half as wide; None where it is narrow enough."""
    leaked: int
    """Test images that are training images; no number here counts them."""
    still_learning: tuple[str, ...]
    """Arms most of whose trainings had not levelled off."""
    mixed_up: tuple[MixedUp, ...] = ()
    always_wrong: tuple[Wrong, ...] = ()
    always_wrong_in_all: int = 0
    trainings: int = 0
    """That the images and classes above were seen by."""
    uneven: Uneven | None = None
    notes: tuple[str, ...] = ()
    """Of whoever planned the run: what was left out or made smaller, and why."""


@dataclass(frozen=True)
class Advice:
    """All of it, for one task and backbone."""

    task: str
    backbone: str
    label: str
    image_size: int
    train_images: int
    test_images: int
    margin: float
    now: Now | None
    """None where no training succeeded."""
    more_labels: tuple[MoreLabels, ...]
    """One for each arm whose curve can be continued."""
    pretraining: Verdict | None
    pretrained_arm: str | None
    void: bool
    """Whether another recipe moved that verdict."""
    size: Size | None
    cost: Cost
    caveats: Caveats = field(repr=False)


def numbers(
    board: Board,
    margin: float,
    looked: Looked | None = None,
    size: Size | None = None,
    notes: Sequence[str] = (),
) -> Advice:
    """The advice that a board supports. ``margin``: the accuracy difference that counts, 0..1."""
    largest = max(board.sizes)
    found = _now(board, largest, margin)
    arm = _pretrained(board)
    compared = board.comparisons[arm] if arm is not None else None
    curves = {name: learning_curve([p.cell for p in a.points]) for name, a in board.arms.items()}
    return Advice(
        task=board.task,
        backbone=board.backbone,
        label=board.label,
        image_size=board.data.image_size,
        train_images=board.data.train_images,
        test_images=board.data.test_images - len(board.data.test_in_train),
        margin=margin,
        now=found,
        more_labels=tuple(
            MoreLabels(
                name,
                tuple(curve.expected(factor * curve.largest) for factor in _FACTORS),
                curve.pays_until(margin),
            )
            for name, curve in curves.items()
            if curve is not None
        ),
        pretraining=None if compared is None else compared.verdict,
        pretrained_arm=arm,
        void=compared is not None and compared.is_void,
        size=size,
        cost=Cost(sum(e.trials for e in board.efforts), sum(e.seconds for e in board.efforts) / 60),
        caveats=_caveats(board, largest, found, looked, tuple(notes)),
    )


def _pretrained(board: Board) -> str | None:
    """The arm whose verdict speaks for pretraining."""
    compared = [name for name in board.comparisons if board.arms[name].pretrained]
    return FINETUNE if FINETUNE in compared else next(iter(compared), None)


# Now


def _now(board: Board, largest: int, margin: float) -> Now | None:
    at = {name: p for name, arm in board.arms.items() if (p := _point(arm, largest))}
    if not at:
        return None
    by_accuracy = sorted(at, key=lambda name: at[name].accuracy or 0.0, reverse=True)
    best = by_accuracy[0]
    for name in by_accuracy[1:]:
        gain = _between(board, best, name, largest)
        if gain is not None and _is_enough(at[best], at[name], gain, margin):
            best = name
            break
    others = [name for name in by_accuracy if name != best]
    rivals = (_rival(board, best, name, largest) for name in others)
    point = at[best]
    return Now(
        largest,
        best,
        point.accuracy or 0.0,
        point.low,
        point.high,
        point.seeds,
        point.seconds / 60,
        next((one for one in rivals if one is not None), None),
    )


def _is_enough(best: Point, other: Point, gain: GainEstimate, margin: float) -> bool:
    """Whether the other arm, though not the best, will do: not surely worse, and far cheaper."""
    cheaper = other.seconds < max(best.seconds / 2, _AT_ONCE) < best.seconds
    return cheaper and gain.mean <= margin and gain.low is not None and gain.low <= 0


def _point(arm: ArmResult, images_per_class: int) -> Point | None:
    found = [p for p in arm.points if p.images_per_class == images_per_class]
    return found[0] if found and found[0].accuracy is not None else None


def _between(board: Board, one: str, other: str, images_per_class: int) -> GainEstimate | None:
    """Gain of ``one`` over ``other``, as the tables have it; None where they have none."""
    if (found := _over(board, one, other, images_per_class)) is not None:
        return found
    back = _over(board, other, one, images_per_class)
    if back is None:
        return None
    return GainEstimate(-back.mean, back.error, back.freedom, images_per_class, back.seeds)


def _over(board: Board, one: str, other: str, images_per_class: int) -> GainEstimate | None:
    arm = board.arms[one]
    gains: Sequence[GainEstimate] = ()
    if other == SCRATCH and arm.comparison is not None:
        gains = arm.comparison.verdict.gains
    elif other == FINETUNE:
        gains = arm.over_finetune
    return next((g for g in gains if g.images_per_class == images_per_class), None)


def _rival(board: Board, best: str, other: str, images_per_class: int) -> Rival | None:
    gain = _between(board, best, other, images_per_class)
    if gain is None:
        return None
    known = None if gain.error is None else 1 - gain.p_above(0.0)
    return Rival(other, gain.mean, gain.low, gain.high, known)


# Caveats


def _caveats(
    board: Board, largest: int, now: Now | None, looked: Looked | None, notes: tuple[str, ...]
) -> Caveats:
    images = board.data.test_images - len(board.data.test_in_train)
    learning = [
        name
        for name, arm in board.arms.items()
        if (point := _point(arm, largest)) is not None and point.unfinished
    ]
    known = {} if looked is None else _known(looked, now)
    return Caveats(
        test_images=images,
        test_images_for_half=_for_half(board, now, images),
        leaked=len(board.data.test_in_train),
        still_learning=tuple(learning),
        notes=notes,
        **known,
    )


def _for_half(board: Board, now: Now | None, images: int) -> int | None:
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


def _mixed_up(looked: Looked, predictions: np.ndarray) -> Iterator[MixedUp]:
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
