"""What to do with so many images, as numbers: from a board alone.

Nothing is claimed here that the board's tables do not show: accuracies, gains and verdict are
theirs, and what goes beyond the largest N comes from their curve (`analysis.learning_curve`).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.advice.caveats import caveats
from benchmark.advice.content import Advice, Cost, MoreLabels, Now, Rival, Size
from benchmark.advice.looked import Looked
from benchmark.analysis.board import FINETUNE, SCRATCH, Board
from benchmark.analysis.curves import Point
from benchmark.analysis.gains import GainEstimate
from benchmark.analysis.learning_curve import learning_curve

_FACTORS = (2, 4)
_AT_ONCE = 1.0
"""Seconds: arms that train in less are alike in cost."""


def numbers(
    board: Board,
    margin: float,
    looked: Looked | None = None,
    size: Size | None = None,
    notes: Sequence[str] = (),
) -> Advice:
    """The advice that a board supports. ``margin``: the accuracy difference that counts, 0..1."""
    run = [n for n in board.sizes if any(arm.point(n) for arm in board.arms.values())]
    largest = max(run or board.sizes)
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
        caveats=caveats(board, largest, found, looked, tuple(notes)),
    )


def _pretrained(board: Board) -> str | None:
    """The arm whose verdict speaks for pretraining."""
    compared = [name for name in board.comparisons if board.arms[name].pretrained]
    return FINETUNE if FINETUNE in compared else next(iter(compared), None)


# Now


def _now(board: Board, largest: int, margin: float) -> Now | None:
    at = {name: p for name, arm in board.arms.items() if (p := arm.point(largest))}
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
