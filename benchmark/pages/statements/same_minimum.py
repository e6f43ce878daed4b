"""Does random initialisation end in the same minimum? By cells whose trainings had all ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.pages import tables
from benchmark.pages.statements.cases import Case, sizes
from benchmark.pages.statements.claim import Claim, Statement, Table, warned
from benchmark.pages.statements.tallies import Answer, course, overall


def _judge(cases: Sequence[Case]) -> Claim:
    found = course(cases, sizes(cases), _difference, _equal, may_vote=_both_ended)
    header = ("N", "tasks", "both ended", "differ", "same", "undecided", "answer")
    rows = []
    for tally in found:
        size, *votes = tally.counts("differ", "same")
        rows.append((size, str(tally.measured), *votes, tally.answer))
    return Claim(
        verdict=overall(found),
        course=found,
        reason=warned(cases, _reason(cases)),
        tables=(Table(header, tuple(rows)), _difference_table(cases)),
    )


def _both_ended(case: Case, n: int) -> bool:
    """Whether every training of both arms had levelled off in training loss."""
    points = [case.point(arm, n) for arm in (SCRATCH, FINETUNE)]
    return all(point is not None and point.settled for point in points)


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


def _reason(cases: Sequence[Case]) -> str:
    cells = [(c, n) for c in cases if c.counted for n in c.gains if _both_ended(c, n)]
    if not cells:
        return "There is no cell in which every training of both arms had levelled off."
    votes = Counter(_difference(case, n) for case, n in cells)
    case, n = max(cells, key=lambda cell: abs(cell[0].gains[cell[1]].mean))
    return (
        f"Of {len(cells)} cells (task and N) in which every training of both arms had levelled "
        f"off, the accuracies differ in {votes['differ']} and are the same within the margin in "
        f"{votes['same']}; the largest difference is {tables.gain_text(case.gains[n])} points "
        f"({case.name}, N = {n})."
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


SAME_MINIMUM = Statement(
    "same_minimum",
    "Random initialisation ends in the same minimum, so the result is the same.",
    _judge,
)
