"""Four common statements about pre-training, held against the boards. Pure.

Each statement is judged for each backbone by itself, from the arm ``finetune`` alone. Tasks that
recipes were developed on are shown and not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from benchmark.analysis.board import FINETUNE, Board
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Statement
from benchmark.pages.statements.enough_data import ENOUGH_DATA
from benchmark.pages.statements.not_needed import NOT_NEEDED
from benchmark.pages.statements.rarely_helps import RARELY_HELPS
from benchmark.pages.statements.same_minimum import SAME_MINIMUM

STATEMENTS = (RARELY_HELPS, NOT_NEEDED, SAME_MINIMUM, ENOUGH_DATA)
"""In the order of the page."""


def claims(
    boards: Sequence[Board], development: Collection[str]
) -> dict[Statement, dict[str, Claim]]:
    """Statement -> backbone -> what its boards say; ``development`` names tasks.

    Statements in the order of the page, backbones by name.
    """
    compared = [b for b in boards if FINETUNE in b.comparisons and _has_gains(b)]
    cases: dict[str, list[Case]] = {}
    for board in sorted(compared, key=lambda b: (b.task in development, b.task)):
        case = Case(board, board.task not in development)
        cases.setdefault(board.backbone, []).append(case)
    return {one: {name: one.judge(cases[name]) for name in sorted(cases)} for one in STATEMENTS}


def _has_gains(board: Board) -> bool:
    return bool(board.comparisons[FINETUNE].verdict.gains)
