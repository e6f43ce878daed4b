"""Does pre-training rarely help with small data sets? By the gain at each small N."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmark.analysis.board import FINETUNE
from benchmark.pages import tables
from benchmark.pages.statements.cases import Case, sizes
from benchmark.pages.statements.claim import Claim, Statement, Table, warned
from benchmark.pages.statements.tallies import Answer, Tally, course, mean_gain, overall

SMALL = 20
"""Images per class up to which a data set counts as small."""


def _judge(cases: Sequence[Case]) -> Claim:
    found = course(cases, [n for n in sizes(cases) if n <= SMALL], _helped, _rarely)
    header = ("N", "tasks", "gain above", "not above", "undecided", "mean gain", "answer")
    rows = [
        (*t.counts("above", "not above"), mean_gain(cases, t.images_per_class), t.answer)
        for t in found
    ]
    return Claim(
        verdict=overall(found),
        course=found,
        reason=warned(cases, _reason(cases, found)),
        tables=(Table(header, tuple(rows)), _gain_table(cases)),
    )


def _helped(case: Case, n: int) -> str:
    if case.surely_helps(n):
        return "above"
    return "not above" if case.surely_does_not_help(n) else ""


def _rarely(votes: Counter[str], tasks: int) -> Answer:
    if votes["above"] > tasks / 2:
        return "false"
    return "true" if tasks - votes["not above"] < tasks / 4 else "undecided"


def _reason(cases: Sequence[Case], tallies: Sequence[Tally]) -> str:
    ends = [*tallies[:1], *tallies[-1:]]
    parts = [
        f"in {t.of('above')} of {t.tasks} tasks at N = {t.images_per_class} "
        f"with a mean gain in points of {mean_gain(cases, t.images_per_class)}"
        for t in tallies
        if t.tasks and (t in ends or t.answer != "undecided")
    ]
    return f"The gain is surely above the margin {', '.join(parts)}." if parts else ""


def _gain_table(cases: Sequence[Case]) -> Table:
    small = sorted({n for case in cases for n in case.gains if n <= SMALL})
    rows = [(c.name, *(tables.marked_gain_at(c.board, FINETUNE, n) for n in small)) for c in cases]
    return Table(("task", *(f"gain at N={n}" for n in small)), tuple(rows))


RARELY_HELPS = Statement("rarely_helps", "Pre-training rarely helps with small data sets.", _judge)
