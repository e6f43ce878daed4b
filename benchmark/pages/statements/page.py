"""Writes ``claims.md``: what boards and `explain` say of common statements, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from benchmark.analysis.board import Board
from benchmark.analysis.explained.basins import LEAST_BARRIER
from benchmark.analysis.explained.known import Known, Subject
from benchmark.pages import escape, printer, templates, words
from benchmark.pages.statements.claim import Claim, Statement
from benchmark.pages.statements.claims import claims
from benchmark.pages.statements.not_needed import FEW
from benchmark.pages.statements.rarely_helps import SMALL
from benchmark.pages.statements.tallies import FEWEST_TASKS


def page(
    boards: Sequence[Board],
    development: Collection[str],
    explained: Mapping[Subject, Known] | None = None,
) -> str:
    """The page as Markdown; ``development`` names the tasks that are not counted."""
    found = claims(boards, development, explained)
    return templates.render(
        "pages/statements/claims.md.j2",
        UNFINISHED=words.UNFINISHED,
        FEWEST_TASKS=FEWEST_TASKS,
        SMALL=SMALL,
        FEW=FEW,
        LEAST_BARRIER=words.points(LEAST_BARRIER),
        markdown=printer.markdown,
        overview=_overview(found),
        few_tasks=_few_tasks(boards, development),
        statements=found,
    )


def _overview(found: Mapping[Statement, Mapping[str, Claim]]) -> str:
    """Verdicts in a table; empty where nothing could be judged."""
    rows = [
        [statement.says, escape.text(backbone), claim.headline]
        for statement, judged in found.items()
        for backbone, claim in judged.items()
    ]
    return printer.markdown(["statement", "backbone", "verdict"], rows) if rows else ""


def _few_tasks(boards: Sequence[Board], development: Collection[str]) -> list[str]:
    """Backbones for which every statement waits for more tasks, with how many count."""
    tasks: dict[str, set[str]] = {}
    for board in boards:
        tasks.setdefault(board.backbone, set()).add(board.task)
    few = {name: len(found - set(development)) for name, found in sorted(tasks.items())}
    return [f"{n} with {escape.text(name)}" for name, n in few.items() if n < FEWEST_TASKS]
