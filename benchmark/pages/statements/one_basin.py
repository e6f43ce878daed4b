"""Is it the same minimum of the loss? By the line between networks of both arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.basins import Line
from benchmark.defaults import COMMAND, option
from benchmark.pages.explained.part import percent
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Statement, Table, warned
from benchmark.pages.statements.tallies import Answer, counted, course, overall

_LINES = (
    f"{SCRATCH} to {FINETUNE}",
    f"{SCRATCH} to {SCRATCH}",
    f"{FINETUNE} to {FINETUNE}",
)


def _judge(cases: Sequence[Case]) -> Claim:
    sizes = sorted({n for case in cases if case.counted for n in case.known.basins})
    if not sizes:
        return Claim("not measured", (), _how_to(), _tables(cases))
    found = course(cases, sizes, _vote, _same, may_vote=lambda case, n: n in case.known.basins)
    header = ("N", "tasks", "one basin", "two basins", "undecided", "answer")
    rows = tuple((*tally.counts("one basin", "two basins"), tally.answer) for tally in found)
    return Claim(
        overall(found),
        found,
        warned(cases, counted(found, "one basin", "two basins")),
        (Table(header, rows), *_tables(cases)),
    )


def _vote(case: Case, n: int) -> str:
    connected = case.known.basins[n].line(_LINES[0]).connected
    return "" if connected == "undecided" else connected


def _same(votes: Counter[str], tasks: int) -> Answer:
    if votes["two basins"] > tasks / 2:
        return "false"
    return "true" if votes["one basin"] > 3 * tasks / 4 else "undecided"


def _how_to() -> str:
    names = f"{option('task')}=... {option('backbone')}=..."
    return f"`{COMMAND} explain {names}` on the tasks that count measures it."


def _tables(cases: Sequence[Case]) -> tuple[Table, ...]:
    rows = [
        (case.name, str(n), *(_barrier(one.line(name)) for name in _LINES))
        for case in cases
        for n, one in case.known.basins.items()
    ]
    header = ("task", "N", *(f"barrier, {name}" for name in _LINES))
    return (Table(header, tuple(rows)),) if rows else ()


def _barrier(line: Line) -> str:
    return f"{percent(line.test_error)}, {line.connected}"


ONE_BASIN = Statement(
    "one_basin", "Random initialisation ends in the very same minimum of the loss.", _judge
)
