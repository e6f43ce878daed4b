"""Four common statements about pre-training, held against the boards. Pure.

Each statement is judged for each backbone by itself, from the arm ``finetune`` alone. Tasks that
recipes were developed on are shown and not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE, SCRATCH, Board
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.gains import GainEstimate
from benchmark.pages import tables, words
from benchmark.pages.statements.tallies import (
    FEWEST_TASKS,
    Answer,
    Case,
    Tally,
    course,
    extent,
    headline,
    mean_gain,
    mean_of,
    overall,
    reaches,
)

Row = tuple[str, ...]

SMALL = 20
"""Images per class up to which a data set counts as small."""
FEW = (10, 20, 50, 100)
"""Images per class: the first counts as a few, the others show where the answer changes."""


@dataclass(frozen=True)
class Table:
    """A head and its rows, as text."""

    header: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Claim:
    """A statement and what one backbone's boards say of it."""

    statement: str
    backbone: str
    verdict: Answer
    course: tuple[Tally, ...]
    """The answer at each N, increasing; empty where the statement does not go by N."""
    reason: str
    tables: tuple[Table, ...]
    flags: tuple[str, ...] = ()
    """Crossovers that the answer rests on and that no certificate stands behind."""

    @property
    def headline(self) -> str:
        """The verdict, with the N at which it changes."""
        return headline(self.course, self.verdict)


def claims(boards: Sequence[Board], development: Collection[str]) -> list[Claim]:
    """Every statement for every backbone, ordered by statement; ``development`` names tasks."""
    compared = [b for b in boards if FINETUNE in b.comparisons and _gains_of(b)]
    cases: dict[str, list[Case]] = {}
    for board in sorted(compared, key=lambda b: (b.task in development, b.task)):
        case = Case(board, board.task not in development)
        cases.setdefault(board.backbone, []).append(case)
    judges = (_rarely_helps, _not_needed, _same_minimum, _enough_data)
    return [judge(name, cases[name]) for judge in judges for name in sorted(cases)]


def _gains_of(board: Board) -> tuple[GainEstimate, ...]:
    return board.comparisons[FINETUNE].verdict.gains


# The statements


def _rarely_helps(backbone: str, cases: Sequence[Case]) -> Claim:
    sizes = [n for n in _sizes(cases) if n <= SMALL]
    found = course(cases, sizes, _helped, _rarely)
    rows = [
        (*_counts(t, "above", "not above"), mean_gain(cases, t.images_per_class), t.answer)
        for t in found
    ]
    header = ("N", "tasks", "gain above", "not above", "undecided", "mean gain", "answer")
    return Claim(
        statement="Pre-training rarely helps with small data sets.",
        backbone=backbone,
        verdict=overall(found),
        course=found,
        reason=_warned(cases, _rarely_reason(cases, found)),
        tables=(Table(header, tuple(rows)), _gain_table(cases)),
    )


def _helped(case: Case, n: int) -> str:
    gain, margin = case.gains[n], case.verdict.margin
    if _surely_helps(case, n):
        return "above"
    return "not above" if gain.high is not None and gain.high <= margin else ""


def _rarely(votes: Counter[str], tasks: int) -> Answer:
    if votes["above"] > tasks / 2:
        return "false"
    return "true" if tasks - votes["not above"] < tasks / 4 else "undecided"


def _rarely_reason(cases: Sequence[Case], tallies: Sequence[Tally]) -> str:
    ends = [*tallies[:1], *tallies[-1:]]
    parts = [
        f"in {t.of('above')} of {t.tasks} tasks at N = {t.images_per_class} "
        f"(mean gain {mean_gain(cases, t.images_per_class)} points)"
        for t in tallies
        if t.tasks and (t in ends or t.answer != "undecided")
    ]
    return f"The gain is surely above the margin {', '.join(parts)}." if parts else ""


def _not_needed(backbone: str, cases: Sequence[Case]) -> Claim:
    found = course(cases, FEW, _need, _dispensable, measured=reaches)
    header = ("N", "tasks", "not needed", "needed", "undecided", "answer")
    rows = [(*_counts(t, "not needed", "needed"), t.answer) for t in found]
    few = found[0]
    reason = (
        f"With {few.images_per_class} images per class it is not needed in "
        f"{few.of('not needed')} of {few.tasks} tasks and needed in "
        f"{few.of('needed')} (mean gain there: {mean_gain(cases, FEW[0])} points)."
    )
    return Claim(
        statement="With only a few images per class, pre-training is not needed any more.",
        backbone=backbone,
        verdict=few.answer,
        course=found,
        reason=_warned(cases, reason if few.tasks else ""),
        tables=(Table(header, tuple(rows)), _need_table(cases)),
        flags=tuple(_flags(cases)),
    )


def _need(case: Case, n: int) -> str:
    if case.comparison.is_void:
        return ""
    stopped, helps = _has_stopped(case.verdict, n), _still_helps(case, n)
    if stopped == helps:
        return ""
    return "not needed" if stopped else "needed"


def _has_stopped(verdict: Verdict, n: int) -> bool:
    if verdict.kind == "never_helps":
        return True
    if verdict.kind == "hurts" and verdict.crossover is None:
        return (verdict.hurts_from or n) <= n
    return verdict.kind in ("stops", "hurts") and verdict.high is not None and verdict.high <= n


def _still_helps(case: Case, n: int) -> bool:
    verdict, sizes = case.verdict, [size for size in case.gains if size >= n]
    if any(_surely_helps(case, size) for size in sizes):
        return True
    if verdict.low is None or not (verdict.kind == "helps_throughout" or verdict.low > n):
        return False
    return _had_steps(case, next(size for size in sizes if size >= min(verdict.low, sizes[-1])))


def _dispensable(votes: Counter[str], tasks: int) -> Answer:
    if votes["needed"] > tasks / 2:
        return "false"
    return "true" if votes["not needed"] > 3 * tasks / 4 else "undecided"


def _need_table(cases: Sequence[Case]) -> Table:
    rows = [
        (
            case.name,
            tables.marked_stops_at(case.board, FINETUNE),
            words.bounds(case.verdict),
            *(_need(case, n) or "undecided" if n <= max(case.gains) else "" for n in FEW),
            words.certificate_status(case.comparison),
        )
        for case in cases
    ]
    return Table(
        ("task", "N\\*", "interval", *(f"at N={n}" for n in FEW), "certificate"), tuple(rows)
    )


def _flags(cases: Iterable[Case]) -> Iterable[str]:
    for case in cases:
        if case.verdict.crossover is None or case.comparison.holds:
            continue
        void = " and decides nothing here" if case.comparison.is_void else ""
        yield (
            f"{case.name}: the crossover at N = {words.number(case.verdict.crossover)} has no "
            f"certificate that holds ({words.certificate_text(case.comparison)}){void}"
        )


def _same_minimum(backbone: str, cases: Sequence[Case]) -> Claim:
    found = course(cases, _sizes(cases), _difference, _equal, may_vote=_both_ended)
    header = ("N", "tasks", "both ended", "differ", "same", "undecided", "answer")
    rows = [
        (str(t.images_per_class), str(t.measured), *_counts(t, "differ", "same")[1:], t.answer)
        for t in found
    ]
    return Claim(
        statement="Random initialisation ends in the same minimum, so the result is the same.",
        backbone=backbone,
        verdict=overall(found),
        course=found,
        reason=_warned(cases, _minimum_reason(cases)),
        tables=(Table(header, tuple(rows)), _difference_table(cases)),
    )


def _both_ended(case: Case, n: int) -> bool:
    """Whether every training of both arms had levelled off in training loss."""
    points = [_point(case, arm, n) for arm in (SCRATCH, FINETUNE)]
    return all(point is not None and point.settled for point in points)


def _point(case: Case, arm: str, n: int) -> Point | None:
    return next((p for p in case.board.arms[arm].points if p.images_per_class == n), None)


def _difference(case: Case, n: int) -> str:
    gain, margin = case.gains[n], case.verdict.margin
    if gain.low is None or gain.high is None:
        return ""
    if gain.low > 0 or gain.high < 0:
        return "differ"
    return "same" if -margin <= gain.low and gain.high <= margin else ""


def _equal(votes: Counter[str], tasks: int) -> Answer:
    if votes["differ"] > tasks / 2:
        return "false"
    return "true" if votes["same"] > 3 * tasks / 4 else "undecided"


def _minimum_reason(cases: Sequence[Case]) -> str:
    cells = [(c, n) for c in cases if c.counted for n in c.gains if _both_ended(c, n)]
    if not cells:
        return "There is no cell in which every training of both arms had levelled off."
    votes = Counter(_difference(case, n) for case, n in cells)
    case, n = max(cells, key=lambda cell: abs(cell[0].gains[cell[1]].mean))
    return (
        f"Of {len(cells)} cells (task and N) in which every training of both arms had levelled "
        f"off, the accuracies differ in {votes['differ']} and are the same within the margin in "
        f"{votes['same']}; the largest difference is {tables.gain_text(case.gains[n])} points "
        f"({case.board.task}, N = {n})."
    )


def _difference_table(cases: Sequence[Case]) -> Table:
    kinds = ("differ", "same", "undecided", "not ended")
    rows = []
    for case in cases:
        found: dict[str, list[str]] = {}
        for n in case.gains:
            kind = _difference(case, n) or "undecided" if _both_ended(case, n) else "not ended"
            found.setdefault(kind, []).append(str(n))
        rows.append((case.name, *(" ".join(found.get(kind, [])) for kind in kinds)))
    return Table(("task", *(f"{kind} at N =" for kind in kinds)), tuple(rows))


def _enough_data(backbone: str, cases: Sequence[Case]) -> Claim:
    counted = [case for case in cases if case.counted]
    votes = Counter(_threshold(case) for case in counted)
    verdict: Answer = "undecided"
    if len(counted) >= FEWEST_TASKS and votes["none"] > len(counted) / 2:
        verdict = "false"
    elif len(counted) >= FEWEST_TASKS and votes["some"] > len(counted) / 2:
        verdict = "true"
    header = ("task", "smallest N", "gain there", "threshold", "gain peaks at N", "gain there")
    return Claim(
        statement="There must be enough data in the first place for pre-training to help.",
        backbone=backbone,
        verdict=verdict,
        course=(),
        reason=_warned(cases, _enough_reason(counted, votes)),
        tables=(Table(header, tuple(map(_enough_row, cases))),),
    )


def _threshold(case: Case) -> str:
    """``none``: helps at the smallest N. ``some``: surely not there, but at a larger N."""
    first, *later = case.verdict.gains
    if _above(first, case.verdict.margin):
        return "none"
    surely_not = first.high is not None and first.high <= case.verdict.margin
    helps_later = any(_surely_helps(case, gain.images_per_class) for gain in later)
    return "some" if surely_not and helps_later else ""


def _enough_reason(counted: Sequence[Case], votes: Counter[str]) -> str:
    if not counted:
        return ""
    peaks = [_peak(case).images_per_class for case in counted]
    firsts = [case.verdict.gains[0].mean for case in counted]
    return (
        f"In {votes['none']} of {len(counted)} tasks the gain is surely above the margin at the "
        f"smallest N already (mean gain {mean_of(firsts)} points); in {votes['some']} it surely is "
        f"not there, but is at a larger N. The gain peaks at N = {extent(peaks)}."
    )


def _enough_row(case: Case) -> Row:
    first, peak = case.verdict.gains[0], _peak(case)
    above = [g.images_per_class for g in case.verdict.gains if _above(g, case.verdict.margin)]
    words = {"none": "none", "some": f"N = {above[0]}" if above else ""}
    return (
        case.name,
        str(first.images_per_class),
        tables.marked_gain_at(case.board, FINETUNE, first.images_per_class),
        words.get(_threshold(case), "undecided" if above else "undecided; nowhere above"),
        str(peak.images_per_class),
        tables.marked_gain_at(case.board, FINETUNE, peak.images_per_class),
    )


def _peak(case: Case) -> GainEstimate:
    return max(case.verdict.gains, key=lambda gain: gain.mean)


# What they share


def _above(gain: GainEstimate, margin: float) -> bool:
    return gain.low is not None and gain.low > margin


def _surely_helps(case: Case, n: int) -> bool:
    """Whether the gain at N is surely above the margin, over trainings that can be relied on."""
    return _above(case.gains[n], case.verdict.margin) and _had_steps(case, n)


def _had_steps(case: Case, n: int) -> bool:
    """Whether most of scratch's trainings were finished, or the verdict outlasts more steps."""
    point = _point(case, SCRATCH, n)
    return case.comparison.holds or (point is not None and not point.unfinished)


def _counts(tally: Tally, *kinds: str) -> Row:
    """N, the tasks that may vote, the votes of each kind, and how many are undecided."""
    votes = [tally.of(kind) for kind in kinds]
    return tuple(map(str, (tally.images_per_class, tally.tasks, *votes, tally.undecided)))


def _sizes(cases: Iterable[Case]) -> list[int]:
    return sorted({n for case in cases if case.counted for n in case.gains})


def _gain_table(cases: Sequence[Case]) -> Table:
    sizes = sorted({n for case in cases for n in case.gains if n <= SMALL})
    rows = [(c.name, *(tables.marked_gain_at(c.board, FINETUNE, n) for n in sizes)) for c in cases]
    return Table(("task", *(f"gain at N={n}" for n in sizes)), tuple(rows))


def _warned(cases: Sequence[Case], reason: str) -> str:
    counted = sum(case.counted for case in cases)
    if counted >= FEWEST_TASKS:
        return reason
    tasks = "task is" if counted == 1 else "tasks are"
    few = f"{counted or 'No'} {tasks} counted so far; a verdict needs {FEWEST_TASKS}."
    return f"{few} {reason}".strip()
