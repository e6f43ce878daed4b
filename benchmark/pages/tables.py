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
from benchmark.pages.printer import Grid
from benchmark.pages.words import (
    INTERVALS,
    UNFINISHED,
    Shown,
    notes,
    percent,
    protocol_mark,
    refusal,
    stops_at,
    task_name,
)
from benchmark.records.recipe import TWICE

UNFINISHED_MEANS = "The loss of most of these trainings was still falling when their steps ended."

WIDEST = 8
"""Columns of a table in which each N has a row."""


def gain_text(gain: GainEstimate) -> str:
    """``+6.8 [+2.8, +10.7]``, in points."""
    return percent(gain.mean, gain.low, gain.high, sign=True)


def marked_gain_at(board: Board, arm: str, images_per_class: int) -> str:
    """The gain at N in points, marked where most of scratch's trainings were unfinished.

    An empty text where the arm was not compared with scratch there.
    """
    if arm not in board.comparisons:
        return ""
    gain = gain_at(board.comparisons[arm].verdict, images_per_class)
    return gain and gain + _mark(board, images_per_class)


def marked_gains(board: Board, arm: str) -> list[str]:
    """The gain at the smallest N, at a middle one and at the largest, each marked and with its N.

    An empty text in place of one that stands there already, or was not measured.
    """
    sizes = _compared(board, arm)
    chosen = dict.fromkeys([sizes[0], sizes[-1], _middle(sizes)] if sizes else [])
    shown = [f"N={n}: {marked_gain_at(board, arm, n)}" for n in chosen]
    first, last, between = [*shown, "", "", ""][:3]
    return [first, between, last]


def marked_middle_worth(board: Board, arm: str) -> str:
    """What pretraining is worth in labels at the middle N; empty where nothing is compared."""
    sizes = _compared(board, arm)
    return f"N={_middle(sizes)}: {marked_labels_worth(board, arm, _middle(sizes))}" if sizes else ""


def _compared(board: Board, arm: str) -> list[int]:
    """Every N at which the arm has a gain, increasing."""
    return [gain.images_per_class for gain in board.comparisons[arm].verdict.gains]


def _middle(sizes: Sequence[int]) -> int:
    """The N nearest to the middle of the range, on a log scale."""
    centre = sizes[0] * sizes[-1]
    return min(sizes, key=lambda n: max(n * n / centre, centre / (n * n)))


def marked_stops_at(board: Board, arm: str) -> str:
    """As `words.stops_at`, marked as the verdict is; a void one makes no claim.

    A verdict of an older protocol says so. An empty text where the arm was not compared.
    """
    if arm not in board.comparisons:
        return ""
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
    """Accuracy of each arm at each N, and each other arm's paired gain over scratch, in percent.

    With the number of seeds, where that is not the same at every N.
    """
    note = f"\n\n{UNFINISHED} {UNFINISHED_MEANS}" if any_unfinished(board) else ""
    return printer.markdown(*accuracy_grid(board)) + note


def accuracy_grid(board: Board, shown: Shown = escape.text) -> Grid:
    """What `accuracy_table` prints."""
    return _by_size(_accuracies(board, shown), board.sizes)


def accuracy_rows(board: Board, shown: Shown = escape.text) -> Grid:
    """The same with a row for each N, however many arms there are."""
    return _rows(_accuracies(board, shown), board.sizes)


def _accuracies(board: Board, shown: Shown) -> list[_Column]:
    columns: list[_Column] = []
    seeds = _seeds(board)
    if len(set(seeds.values())) > 1:
        columns.append(("seeds", {n: str(count) for n, count in seeds.items()}))
    for name, arm in board.arms.items():
        columns.append((shown(name), {p.images_per_class: accuracy_text(p) for p in arm.points}))
        if arm.comparison is not None:
            columns.append((f"gain of {shown(name)}", _gains(arm.comparison.verdict.gains)))
    return columns


_Column = tuple[str, Mapping[int, str]]
"""What it is, and N -> what stands there."""


def _by_size(columns: Sequence[_Column], sizes: Sequence[int]) -> Grid:
    """A row for each N; where that is too wide to be read, a column for each."""
    if len(columns) > WIDEST:
        rows = [[name, *(column.get(n, "") for n in sizes)] for name, column in columns]
        return ["", *(f"N={n}" for n in sizes)], rows
    return _rows(columns, sizes)


def _rows(columns: Sequence[_Column], sizes: Sequence[int]) -> Grid:
    rows = [[str(n), *(column.get(n, "") for _, column in columns)] for n in sizes]
    return ["N", *(name for name, _ in columns)], rows


def _seeds(board: Board) -> dict[int, int]:
    """N -> how many seeds the arm that has the most of them succeeded with."""
    points = [point for arm in board.arms.values() for point in arm.points]
    return {n: max(p.seeds for p in points if p.images_per_class == n) for n in board.sizes}


def any_unfinished(board: Board) -> bool:
    """Whether anything in `accuracy_grid` is marked."""
    return any(point.unfinished for arm in board.arms.values() for point in arm.points)


def accuracy_text(point: Point) -> str:
    """``61.3 [58.0, 64.6]``, in percent, with what failed and the mark of unfinished trainings."""
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
    return printer.markdown(*_by_size(columns, sizes)) if sizes else ""


def labels_worth(effective: Sequence[EffectiveImages], images_per_class: int) -> str:
    """What pretraining is worth at N, as a multiple of the labels: ``x3.2 [2.1, 4.8]``."""
    for one in effective:
        if one.images_per_class == images_per_class:
            return worth(one)
    return ""


def worth(one: EffectiveImages) -> str:
    """The multiple with its interval, ``-`` where there is none."""
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
    reasons = "".join(f"\n- {reason}" for reason in refusals(board))
    return printer.markdown(*effective_grid(board)) + (f"\n{reasons}" if reasons else "")


def effective_grid(board: Board, shown: Shown = escape.text) -> Grid:
    """The numbers of `effective_table`."""
    sizes = sorted({e.images_per_class for c in board.comparisons.values() for e in c.effective})
    columns = [
        (
            f"labels worth, {shown(arm)}",
            {n: marked_labels_worth(board, arm, n) for n in sizes},
        )
        for arm in board.comparisons
    ]
    return _by_size(columns, sizes)


def refusals(board: Board, shown: Shown = escape.text) -> list[str]:
    """Why there is no number in `effective_grid`, where there is none."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for arm, comparison in board.comparisons.items():
        for one in comparison.effective:
            if one.refusal is not None:
                why = refusal(one.refusal, _smallest_measured(board))
                sizes = reasons.setdefault((shown(arm), why), [])
                sizes.append(str(one.images_per_class))
    return [f"{arm} at N = {', '.join(n)}: {why}" for (arm, why), n in reasons.items()]


def _smallest_measured(board: Board) -> int:
    measured = [p for p in board.arms[SCRATCH].points if p.accuracy is not None]
    return measured[0].images_per_class if measured else 0


def retrial_table(board: Board) -> str:
    """What other recipes change in the deciding cells, in points; empty without an audit."""
    header, rows = retrial_grid(board)
    return printer.markdown(header, rows) if rows else ""


def retrial_grid(board: Board, shown: Shown = escape.text) -> Grid:
    """What `retrial_table` prints; no rows without an audit."""
    rows = {
        (arm, r.arm, r.alternative): [
            f"{shown(arm)} against scratch",
            shown(r.arm),
            shown(r.alternative),
            " ".join(str(n) for n in sorted(r.cells)),
            percent(r.improvement, r.improvement_low, r.improvement_high, sign=True),
        ]
        for arm, comparison in board.comparisons.items()
        for r in comparison.retrials
    }
    header = ["verdict of", "changed arm", "change", "at N", "accuracy gained by it"]
    return header, list(rows.values())


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
        yield [escape.text(task_name(board)), escape.text(board.backbone), size, gain, *shown]


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
    counts = _seeds(board).values()
    seeds = " to ".join(map(str, sorted({min(counts), max(counts)})))
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
