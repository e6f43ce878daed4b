"""Cells that a reader may not expect: found in boards, shown with their numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE, Board
from benchmark.analysis.curves import Point
from benchmark.analysis.discoveries import discoveries
from benchmark.pages import escape
from benchmark.pages.tables import gain_text
from benchmark.pages.words import certificate_status, percent, task_name

_STRETCH = 4
"""Times the images that should show in the accuracy."""
_LEVEL = 0.01
"""Gain in mean accuracy, 0..1, below which they do not."""
_MOST_SETTLED = 0.9
"""Share of an arm's trainings that should have levelled off."""


@dataclass(frozen=True)
class Found:
    """A place on a board."""

    says: str
    """Markdown."""
    p: float = 0.0
    """How likely chance alone makes it look so, 0..1; 0 for what is counted and not estimated."""


@dataclass(frozen=True)
class Kind:
    """Something that a reader may not expect."""

    key: str
    """Its name for programs."""
    title: str
    """What it is, in words."""
    ask: Callable[[Board], Iterator[Found]]
    """Every cell in which it was looked for; of what is counted, only where it was found."""


def surprises(boards: Sequence[Board]) -> dict[Kind, list[str]]:
    """Kind of surprise -> a line for each place where it was found; a kind may have none.

    What rests on intervals is asked of all cells of all boards together (`discoveries`).
    """
    asked = [(k, board, found) for k in KINDS for board in boards for found in k.ask(board)]
    estimated = [place for place in asked if place[2].p > 0]
    kept = discoveries([found.p for _, _, found in estimated])
    chance = {id(place[2]) for place, real in zip(estimated, kept, strict=True) if not real}
    lines: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    for kind, board, found in asked:
        if id(found) not in chance:
            lines[kind].append(f"{_name(board)}: {found.says}")
    return lines


def _name(board: Board) -> str:
    return f"{escape.text(task_name(board))}, {escape.text(board.backbone)}"


def _scratch_wins(board: Board) -> Iterator[Found]:
    comparison = board.comparisons.get(FINETUNE)
    if comparison is None or comparison.is_void:  # which claims nothing, and says so itself
        return
    certificate = certificate_status(comparison)
    for gain in comparison.verdict.gains:
        yield Found(
            f"gain of fine-tuning N={gain.images_per_class} {gain_text(gain)} "
            f"(certificate: {certificate})",
            gain.p_below(-comparison.verdict.margin),
        )


def _beats_both(board: Board) -> Iterator[Found]:
    for arm, result in board.arms.items():
        if result.comparison is None or not result.pretrained:
            continue
        gains = result.comparison.verdict.gain_at
        for rival in result.over_finetune:
            gain = gains.get(rival.images_per_class)
            if gain is not None:
                yield Found(
                    f"{escape.text(arm)} at N={rival.images_per_class}: "
                    f"{gain_text(gain)} over scratch, {gain_text(rival)} over fine-tuning",
                    max(gain.p_above(0), rival.p_above(0)),
                )


def _curves(board: Board) -> Iterator[tuple[str, tuple[Point, ...]]]:
    """Arms, named in Markdown, and their points."""
    return ((escape.text(arm), result.points) for arm, result in board.arms.items())


def _dips(board: Board) -> Iterator[Found]:
    for arm, points in _curves(board):
        for place, point in enumerate(points):
            fallen = [(_p_fallen(point, one), one) for one in points[:place]]
            if fallen:
                p, before = min(fallen, key=lambda one: one[0])
                yield Found(
                    f"{arm} has {_accuracy(point)} at N={point.images_per_class} "
                    f"after {_accuracy(before)} at N={before.images_per_class}",
                    min(1.0, p * len(fallen)),  # the best of several looks (Bonferroni)
                )


def _p_fallen(point: Point, before: Point) -> float:
    if point.estimate is None or before.estimate is None:
        return 1.0
    return point.estimate.less(before.estimate).p_below(0)


def _accuracy(point: Point) -> str:
    return percent(point.accuracy, point.low, point.high)


def _plateaus(board: Board) -> Iterator[Found]:
    """Where steps rather than images bound an arm: the likeliest way to starve it."""
    for arm, points in _curves(board):
        last = points[-1]
        flat = [
            p
            for p in points
            if _STRETCH * p.images_per_class <= last.images_per_class
            and (last.accuracy or 0) - (p.accuracy or 0) < _LEVEL
        ]
        if flat and last.unfinished:
            yield Found(
                f"{arm} has {_accuracy(flat[0])} at N={flat[0].images_per_class} "
                f"and {_accuracy(last)} at N={last.images_per_class}"
            )


def _failures(board: Board) -> Iterator[Found]:
    for arm, points in _curves(board):
        failed = {p.images_per_class: p.failed for p in points if p.failed}
        if failed:
            trials = sum(p.seeds + p.failed for p in points)
            sizes = ", ".join(f"{count} at N={n}" for n, count in failed.items())
            yield Found(f"{arm}, {sum(failed.values())} of {trials} trials ({sizes})")


def _restless(board: Board) -> Iterator[Found]:
    for arm, points in _curves(board):
        levelled = sum(p.levelled_off for p in points)
        trained = levelled + sum(p.still_falling for p in points)
        if levelled < _MOST_SETTLED * trained:
            sizes = ", ".join(str(p.images_per_class) for p in points if p.still_falling)
            says = f"{arm}, {levelled} of {trained} trainings; still falling at N = {sizes}"
            yield Found(says)


KINDS = (
    Kind(
        "scratch_wins",
        "Scratch beats fine-tuning by more than the margin",
        _scratch_wins,
    ),
    Kind("beats_both", "Another pretrained arm beats both scratch and fine-tuning", _beats_both),
    Kind("dips", "More images, significantly lower accuracy", _dips),
    Kind(
        "plateaus",
        "Four times the images, hardly more accuracy, losses still falling: short of steps",
        _plateaus,
    ),
    Kind("failures", "Trials that failed", _failures),
    Kind("restless", "Fewer than nine in ten trainings levelled off", _restless),
)
"""In the order of the page."""
