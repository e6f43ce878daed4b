"""Cells that a reader may not expect: found in boards, shown with their numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE, Board
from benchmark.analysis.curves import Point
from benchmark.pages import escape
from benchmark.pages.tables import gain_text
from benchmark.pages.words import certificate_text, percent

_STRETCH = 4
"""Times the images that should show in the accuracy."""
_LEVEL = 0.01
"""Gain in mean accuracy, 0..1, below which they do not."""
_MOST_SETTLED = 0.9
"""Share of an arm's trainings that should have levelled off."""


@dataclass(frozen=True)
class Kind:
    """Something that a reader may not expect."""

    key: str
    """Its name for programs."""
    title: str
    """What it is, in words."""
    find: Callable[[Board], Iterator[str]]
    """A line of Markdown for each place on a board."""


def surprises(boards: Sequence[Board]) -> dict[Kind, list[str]]:
    """Kind of surprise -> a line for each place where it was found; a kind may have none."""
    return {
        kind: [f"{_name(board)}: {line}" for board in boards for line in kind.find(board)]
        for kind in KINDS
    }


def _name(board: Board) -> str:
    return f"{escape.text(board.task)}, {escape.text(board.backbone)}"


def _scratch_wins(board: Board) -> Iterator[str]:
    if FINETUNE not in board.comparisons:
        return
    comparison = board.comparisons[FINETUNE]
    verdict = comparison.verdict
    cells = [
        f"N={gain.images_per_class} {gain_text(gain)}"
        for gain in verdict.gains
        if gain.high is not None and gain.high < -verdict.margin
    ]
    if cells:
        certificate = certificate_text(comparison)
        yield f"gain of fine-tuning {'; '.join(cells)} (certificate: {certificate})"


def _beats_both(board: Board) -> Iterator[str]:
    for arm, result in board.arms.items():
        if result.comparison is None or not result.pretrained:
            continue
        gains = result.comparison.verdict.gain_at
        for rival in result.over_finetune:
            gain = gains.get(rival.images_per_class)
            if gain is not None and (gain.low or 0) > 0 and (rival.low or 0) > 0:
                yield (
                    f"{escape.text(arm)} at N={rival.images_per_class}: "
                    f"{gain_text(gain)} over scratch, {gain_text(rival)} over fine-tuning"
                )


def _curves(board: Board) -> Iterator[tuple[str, tuple[Point, ...]]]:
    """Arms, named in Markdown, and their points."""
    return ((escape.text(arm), result.points) for arm, result in board.arms.items())


def _dips(board: Board) -> Iterator[str]:
    for arm, points in _curves(board):
        for place, point in enumerate(points):
            best = max(points[:place], key=lambda p: p.low or 0, default=None)
            if best and point.high is not None and point.high < (best.low or 0):
                yield (
                    f"{arm} has {_accuracy(point)} at N={point.images_per_class} "
                    f"after {_accuracy(best)} at N={best.images_per_class}"
                )


def _accuracy(point: Point) -> str:
    return percent(point.accuracy, point.low, point.high)


def _plateaus(board: Board) -> Iterator[str]:
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
            yield (
                f"{arm} has {_accuracy(flat[0])} at N={flat[0].images_per_class} "
                f"and {_accuracy(last)} at N={last.images_per_class}"
            )


def _failures(board: Board) -> Iterator[str]:
    for arm, points in _curves(board):
        failed = {p.images_per_class: p.failed for p in points if p.failed}
        if failed:
            trials = sum(p.seeds + p.failed for p in points)
            sizes = ", ".join(f"{count} at N={n}" for n, count in failed.items())
            yield f"{arm}, {sum(failed.values())} of {trials} trials ({sizes})"


def _restless(board: Board) -> Iterator[str]:
    for arm, points in _curves(board):
        levelled = sum(p.levelled_off for p in points)
        trained = levelled + sum(p.still_falling for p in points)
        if levelled < _MOST_SETTLED * trained:
            sizes = ", ".join(str(p.images_per_class) for p in points if p.still_falling)
            yield f"{arm}, {levelled} of {trained} trainings; still falling at N = {sizes}"


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
