"""Boards become text: tables and lines in Markdown, which a terminal shows as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmark.analysis.board import FINETUNE, SCRATCH, Board, Effort
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.effective import EffectiveImages
from benchmark.analysis.gains import GainEstimate, estimates
from benchmark.errors import one_line
from benchmark.pages import escape, printer, verdicts
from benchmark.pages.words import (
    INTERVALS,
    UNFINISHED,
    notes,
    percent,
    protocol_mark,
    refusal,
    stops_at,
)
from benchmark.records.recipe import TWICE

_UNFINISHED_MEANS = "The loss of most of these trainings was still falling when their steps ended."

_WIDEST = 8
"""Columns of a table in which each N has a row."""


def gain_text(gain: GainEstimate) -> str:
    """``+6.8 [+2.8, +10.7]``, in points."""
    return percent(gain.mean, gain.low, gain.high, sign=True)


def marked_gain_at(board: Board, arm: str, images_per_class: int) -> str:
    """The gain at N in points, marked where most of scratch's trainings were unfinished."""
    gain = gain_at(board.comparisons[arm].verdict, images_per_class)
    return gain and gain + _mark(board, images_per_class)


def marked_stops_at(board: Board, arm: str) -> str:
    """As `words.stops_at`, marked as the verdict is; a void one makes no claim.

    A verdict of an older protocol says so.
    """
    comparison = board.comparisons[arm]
    shown = stops_at(comparison.verdict) + verdicts.mark(board, arm) + protocol_mark(board)
    return f"void (was {shown})" if comparison.is_void else shown


def _mark(board: Board, images_per_class: int) -> str:
    at = [p for p in board.arms[SCRATCH].points if p.images_per_class == images_per_class]
    return f" {UNFINISHED}" if any(p.unfinished for p in at) else ""


def gain_at(verdict: Verdict, images_per_class: int) -> str:
    """The gain at N in points; empty where it was not measured."""
    gain = verdict.gain_at.get(images_per_class)
    return gain_text(gain) if gain else ""


def accuracy_table(board: Board) -> str:
    """Accuracy of each arm at each N, and each other arm's paired gain over scratch, in percent."""
    columns: list[_Column] = []
    for name, arm in board.arms.items():
        columns.append((escape.text(name), {p.images_per_class: _accuracy(p) for p in arm.points}))
        if arm.comparison is not None:
            gains = _gains(arm.comparison.verdict.gains)
            columns.append((f"gain of {escape.text(name)}", gains))
    unfinished = any(point.unfinished for arm in board.arms.values() for point in arm.points)
    note = f"\n\n{UNFINISHED} {_UNFINISHED_MEANS}" if unfinished else ""
    return _by_size(columns, board.sizes) + note


_Column = tuple[str, Mapping[int, str]]
"""What it is, in Markdown, and N -> what stands there."""


def _by_size(columns: Sequence[_Column], sizes: Sequence[int]) -> str:
    """A row for each N; where that is too wide to be read, a column for each."""
    if len(columns) > _WIDEST:
        rows = [[name, *(column.get(n, "") for n in sizes)] for name, column in columns]
        return printer.markdown(["", *(f"N={n}" for n in sizes)], rows)
    rows = [[str(n), *(column.get(n, "") for _, column in columns)] for n in sizes]
    return printer.markdown(["N", *(name for name, _ in columns)], rows)


def _accuracy(point: Point) -> str:
    shown = percent(point.accuracy, point.low, point.high)
    failed = f" ({point.failed} failed)" if point.failed else ""
    return shown + failed + (f" {UNFINISHED}" if point.unfinished else "")


def _gains(gains: Iterable[GainEstimate]) -> dict[int, str]:
    return {gain.images_per_class: gain_text(gain) for gain in gains}


def over_finetune_table(board: Board) -> str:
    """Each other arm's paired gain over fine-tuning at each N, in points; empty without one."""
    columns = [
        (f"{escape.text(name)} over {FINETUNE}", _gains(arm.over_finetune))
        for name, arm in board.arms.items()
        if arm.over_finetune
    ]
    sizes = [n for n in board.sizes if any(n in column for _, column in columns)]
    return _by_size(columns, sizes) if sizes else ""


def labels_worth(effective: Sequence[EffectiveImages], images_per_class: int) -> str:
    """What pretraining is worth at N, as a multiple of the labels: ``x3.2 [2.1, 4.8]``."""
    for one in effective:
        if one.images_per_class == images_per_class:
            return _worth(one)
    return ""


def _worth(one: EffectiveImages) -> str:
    if one.multiplier is None:
        return "-"
    bounds = (one.multiplier_low, one.multiplier_high)
    ends = ["..." if end is None else f"{end:.1f}" for end in bounds]
    return f"{'>= ' if one.at_least else ''}x{one.multiplier:.1f} [{', '.join(ends)}]"


def marked_labels_worth(board: Board, arm: str, images_per_class: int) -> str:
    """As `labels_worth`, marked where it is read off unfinished trainings of scratch."""
    effective = board.comparisons[arm].effective
    shown = labels_worth(effective, images_per_class)
    marked = any(
        _is_read_off_unfinished(one, board.arms[SCRATCH].points)
        for one in effective
        if one.images_per_class == images_per_class
    )
    return f"{shown} {UNFINISHED}" if marked else shown


def _is_read_off_unfinished(one: EffectiveImages, scratch: Sequence[Point]) -> bool:
    """Whether most of scratch's trainings were unfinished at an N around the interval's ends."""
    if one.low is None:
        return False
    low, high = one.low, float("inf") if one.high is None else one.high
    sizes = [point.images_per_class for point in scratch]
    first = max((n for n in sizes if n <= low), default=sizes[0])
    last = min((n for n in sizes if n >= high), default=sizes[-1])
    return any(p.unfinished for p in scratch if first <= p.images_per_class <= last)


def effective_table(board: Board) -> str:
    """Effective images per class of every pretrained arm, as a multiple of N."""
    sizes = sorted({e.images_per_class for c in board.comparisons.values() for e in c.effective})
    columns = [
        (
            f"labels worth, {escape.text(arm)}",
            {n: marked_labels_worth(board, arm, n) for n in sizes},
        )
        for arm in board.comparisons
    ]
    return "\n".join([_by_size(columns, sizes), *_refusals(board)])


def _refusals(board: Board) -> list[str]:
    """Why there is no number, where there is none."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for arm, comparison in board.comparisons.items():
        for one in comparison.effective:
            if one.refusal is not None:
                why = refusal(one.refusal, _smallest_measured(board))
                sizes = reasons.setdefault((escape.text(arm), why), [])
                sizes.append(str(one.images_per_class))
    lines = [f"- {arm} at N = {', '.join(n)}: {why}" for (arm, why), n in reasons.items()]
    return ["", *lines] if lines else []


def _smallest_measured(board: Board) -> int:
    measured = [p for p in board.arms[SCRATCH].points if p.accuracy is not None]
    return measured[0].images_per_class if measured else 0


def retrial_table(board: Board) -> str:
    """What other recipes change in the deciding cells, in points; empty without an audit."""
    rows = {
        (arm, r.arm, r.alternative): [
            f"{escape.text(arm)} against scratch",
            escape.text(r.arm),
            escape.text(r.alternative),
            " ".join(str(n) for n in sorted(r.cells)),
            percent(r.improvement, r.improvement_low, r.improvement_high, sign=True),
        ]
        for arm, comparison in board.comparisons.items()
        for r in comparison.retrials
    }
    header = ["verdict of", "changed arm", "change", "at N", "accuracy gained by it"]
    return printer.markdown(header, list(rows.values())) if rows else ""


def longer_table(boards: Sequence[Board], arm: str) -> str:
    """The gain at the largest N, and what it is when one arm gets twice the steps.

    Empty where no deciding cell was run again with twice the steps.
    """
    rows = [row for board in boards if arm in board.comparisons for row in _longer_row(board, arm)]
    header = ["task", "backbone", "N", "gain", f"{SCRATCH} twice as long", f"{arm} twice as long"]
    return printer.markdown(header, rows) if rows else ""


def _longer_row(board: Board, arm: str) -> Iterator[list[str]]:
    comparison = board.comparisons[arm]
    if not comparison.retrials:
        return
    largest = comparison.verdict.gains[-1]
    again = {
        retrial.arm: gain_text(estimates([retrial.cells[largest.images_per_class]])[0])
        for retrial in comparison.retrials
        if retrial.alternative == TWICE and largest.images_per_class in retrial.cells
    }
    if again:
        size, gain = str(largest.images_per_class), gain_text(largest)
        shown = [again.get(changed, "") for changed in (SCRATCH, arm)]
        yield [escape.text(board.task), escape.text(board.backbone), size, gain, *shown]


def hours_table(boards: Sequence[Board]) -> str:
    """What the records cost, per backbone and kind of machine."""
    spent: dict[tuple[str, str], list[Effort]] = {}
    for board in boards:
        for effort in board.efforts:
            spent.setdefault((board.backbone, effort.device), []).append(effort)
    rows = [
        [
            *map(escape.text, key),
            str(sum(e.trials for e in efforts)),
            f"{sum(e.seconds for e in efforts) / 3600:.2f}",
            str(sum(e.audit_trials for e in efforts)),
            f"{sum(e.audit_seconds for e in efforts) / 3600:.2f}",
        ]
        for key, efforts in sorted(spent.items())
    ]
    return printer.markdown(
        ["backbone", "device", "trials", "hours", "audit trials", "audit hours"], rows
    )


def board_text(board: Board) -> str:
    """What ``make bench`` prints of one task and backbone."""
    seeds = max(point.seeds for arm in board.arms.values() for point in arm.points)
    head = (
        f"{one_line(f'{board.task} with {board.label}')}: "
        f"test accuracy in % over {seeds} seeds, 95% intervals; "
        f"{board.data.image_size} px, {board.data.test_images} test images"
    )
    lines = [head, "", accuracy_table(board), ""]
    if over_finetune := over_finetune_table(board):
        lines += [over_finetune, ""]
    if board.comparisons:
        lines += [effective_table(board), "", INTERVALS, ""]
    for arm in board.comparisons:
        lines += [verdicts.line(board, arm), f"  {verdicts.grounds(board, arm)}"]
    return "\n".join([*lines, *(f"note: {one_line(note)}" for note in notes(board))])
