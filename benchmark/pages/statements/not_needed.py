"""Do a few images make pre-training unnecessary? By where it has surely stopped helping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.crossover import Verdict
from benchmark.pages import tables, words
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Statement, Table, warned
from benchmark.pages.statements.tallies import FEWEST_TASKS, Answer, Tally, course, mean_gain

FEW = (10, 20, 50, 100)
"""Images per class: `few` of them count as a few, the others show where the answer changes."""


def _judge(cases: Sequence[Case]) -> Claim:
    found = course(cases, FEW, _need, _dispensable)
    header = ("N", "tasks", "not needed", "needed", "undecided", "answer")
    rows = [(*t.counts("not needed", "needed"), t.answer) for t in found]
    at_few = next(tally for tally in found if tally.images_per_class == few(cases))
    return Claim(
        verdict=at_few.answer,
        course=found,
        reason=warned(cases, _reason(cases, at_few)),
        tables=(Table(header, tuple(rows)), _need_table(cases)),
        flags=tuple(_flags(cases)),
    )


def few(cases: Iterable[Case]) -> int:
    """How many images per class are a few: the first of `FEW` that enough tasks have."""
    there = Counter(n for case in cases if case.counted for n in case.gains)
    return next((n for n in FEW if there[n] >= FEWEST_TASKS), FEW[0])


def _reason(cases: Sequence[Case], at_few: Tally) -> str:
    if not at_few.tasks:
        return ""
    return (
        f"With {at_few.images_per_class} images per class it is not needed in "
        f"{at_few.of('not needed')} of {at_few.tasks} tasks and needed in "
        f"{at_few.of('needed')}; mean gain there, in points: "
        f"{mean_gain(cases, at_few.images_per_class)}."
    )


def _need(case: Case, n: int) -> str:
    if case.comparison.is_void:
        return ""
    stopped = _has_stopped(case.verdict, n) and case.had_chance(FINETUNE, n)
    helps = case.surely_helps(n)
    if stopped == helps:
        return ""
    return "not needed" if stopped else "needed"


def _has_stopped(verdict: Verdict, n: int) -> bool:
    if verdict.kind == "never_helps":
        return True
    if verdict.kind == "hurts" and verdict.crossover is None:
        return (verdict.hurts_from or n) <= n
    return verdict.kind in ("stops", "hurts") and verdict.high is not None and verdict.high <= n


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
            *(_need(case, n) or "undecided" if n in case.gains else "" for n in FEW),
            words.certificate_status(case.comparison),
        )
        for case in cases
    ]
    header = ("task", "N\\*", "interval", *(f"at N={n}" for n in FEW), "certificate")
    return Table(header, tuple(rows))


def _flags(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        if case.verdict.crossover is None or case.comparison.holds:
            continue
        void = " and decides nothing here" if case.comparison.is_void else ""
        yield (
            f"{case.name}: the crossover at N = {words.number(case.verdict.crossover)} has no "
            f"certificate that holds ({words.certificate_text(case.comparison)}){void}"
        )


NOT_NEEDED = Statement(
    "not_needed", "With only a few images per class, pre-training is not needed any more.", _judge
)
