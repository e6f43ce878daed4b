"""Common statements about pre-training, held against boards and what `explain` found. Pure.

Each statement is judged for each backbone by itself. Tasks that recipes were developed on are shown
and not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from benchmark.analysis.board import FINETUNE, Board
from benchmark.analysis.explained.known import Known, Subject
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Statement
from benchmark.pages.statements.enough_data import ENOUGH_DATA
from benchmark.pages.statements.not_needed import NOT_NEEDED
from benchmark.pages.statements.one_basin import ONE_BASIN
from benchmark.pages.statements.rarely_helps import RARELY_HELPS
from benchmark.pages.statements.same_minimum import SAME_MINIMUM
from benchmark.pages.statements.stand_in import COMPRESSION, DROPOUT, RANDOM_RULES

OF_FINETUNE = (RARELY_HELPS, NOT_NEEDED, SAME_MINIMUM, ENOUGH_DATA)
"""Judged by fine-tuning against scratch."""
OF_REASONS = (ONE_BASIN, DROPOUT, RANDOM_RULES, COMPRESSION)
"""Judged by other arms and by what `explain` found."""
STATEMENTS = OF_FINETUNE + OF_REASONS
"""In the order of the page."""


def claims(
    boards: Sequence[Board],
    development: Collection[str],
    explained: Mapping[Subject, Known] | None = None,
) -> dict[Statement, dict[str, Claim]]:
    """Statement -> backbone -> what its boards say; ``development`` names tasks.

    Statements in the order of the page, backbones by name. ``explained``: what `explain` found.
    """
    known = explained or {}
    compared = [b for b in boards if FINETUNE in b.comparisons and _has_gains(b)]
    cases: dict[str, list[Case]] = {}
    for board in sorted(compared, key=lambda b: (b.task in development, b.task)):
        found = known.get((board.task, board.backbone), Known())
        case = Case(board, board.task not in development, found)
        cases.setdefault(board.backbone, []).append(case)
    return {one: {name: one.judge(cases[name]) for name in sorted(cases)} for one in STATEMENTS}


def _has_gains(board: Board) -> bool:
    return bool(board.comparisons[FINETUNE].verdict.gains)
