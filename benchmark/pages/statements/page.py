"""Writes ``claims.md``: what the boards say of four common statements, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from benchmark.analysis.board import Board
from benchmark.pages import printer, words
from benchmark.pages.statements.claims import FEW, SMALL, Claim, Table, claims
from benchmark.pages.statements.tallies import FEWEST_TASKS

_INTRO = f"""# Four statements about pre-training, measured

People who ask whether pre-training is worth it with little data are told, mostly without numbers,
that it rarely helps, that a few images are enough without it, that random weights end up at the
same place, or that one needs much data before it helps. This page holds each statement against
the records, for the arm `finetune` (all weights start pretrained) against `scratch` (the same
network from random weights). `make leaderboard` builds it from the records alone.

- Gains are points of test accuracy with 95% intervals; a gain of up to the margin counts as no
  help.
- A statement is judged for each backbone by itself, for weights differ in what they have seen.
- Tasks marked *(development)* are shown and not counted: recipes were chosen on their training
  images.
- The tasks are no random sample of all tasks. A count says what holds in these tasks; an interval
  over tasks says how much they differ.
- {words.UNFINISHED}: the loss of most of scratch's trainings there was still falling when their
  steps ended. Such a gain counts only where the certificate of the verdict holds, that is, where
  twice the steps or another learning rate leave the verdict as it is, and more are not likely to
  move it.
- With fewer than {FEWEST_TASKS} counted tasks every verdict is *undecided*. An N that fewer tasks
  share is shown, and plays no part in a verdict.
"""

_MEASURED = {
    "Pre-training rarely helps with small data sets.": (
        f"Small: up to {SMALL} images per class. Rarely: in fewer than a quarter of the tasks. At "
        "each N the statement is *false* if the gain is surely above the margin in more than half "
        "of the tasks, *true* if in more than three quarters it surely is not, else *undecided*: a "
        "gain in some tasks is neither rare nor the rule."
    ),
    "With only a few images per class, pre-training is not needed any more.": (
        f"A few: {FEW[0]}; the larger N show where the answer changes. Not needed: pretraining has "
        "surely stopped helping by then, or never helps. Needed: it surely helps at this N or at a "
        "larger one. *True* if not needed in more than three quarters of the tasks, *false* if "
        "needed in more than half. A verdict whose certificate is void decides nothing."
    ),
    "Random initialisation ends in the same minimum, so the result is the same.": (
        "Only cells count in which every training of both arms had levelled off in training loss: "
        "there neither could have gone on. They differ if the interval of the gain excludes 0, and "
        "are the same if it lies within the margin on both sides of 0. At each N *false* if more "
        "than half of such tasks differ, *true* if more than three quarters are the same."
    ),
    "There must be enough data in the first place for pre-training to help.": (
        "A threshold is there if the gain is surely not above the margin at the smallest N, and "
        "surely is at a larger one; there is none if it surely is at the smallest N already. "
        "*False* if there is none in more than half of the tasks, *true* if there is one in more "
        "than half."
    ),
}

_WAITING = """## Statements that wait for arms that do not exist yet

- *Nobody needs pre-training any more: one can drop connections at random (dropout) and train the
  whole network.* This needs an arm that starts at random and trains with dropout.
- *Pre-training helps because it compresses the input.* This needs an arm that gets compressed
  images or features without pretrained weights.
"""


def page(boards: Sequence[Board], development: Collection[str]) -> str:
    """The page as Markdown; ``development`` names the tasks that are not counted."""
    found = claims(boards, development)
    if not found:
        return f"{_INTRO}\nThere are no records that compare `finetune` with `scratch` yet.\n"
    parts = [_INTRO, _overview(found, _few_tasks(boards, development))]
    for statement, group in groupby(found, key=lambda claim: claim.statement):
        parts.append(f"## {statement.rstrip('.')}\n\n{_MEASURED[statement]}\n")
        parts += map(_section, group)
    return "\n".join([*parts, _WAITING])


def _overview(found: Sequence[Claim], warning: str) -> str:
    rows = [[claim.statement, claim.backbone, claim.headline] for claim in found]
    table = printer.markdown(["statement", "backbone", "verdict"], rows)
    return "\n".join([table, "", *([warning, ""] if warning else [])])


def _few_tasks(boards: Sequence[Board], development: Collection[str]) -> str:
    tasks: dict[str, set[str]] = {}
    for board in boards:
        tasks.setdefault(board.backbone, set()).add(board.task)
    few = {name: len(t - set(development)) for name, t in sorted(tasks.items())}
    shown = [f"{n} with {name}" for name, n in few.items() if n < FEWEST_TASKS]
    return f"Few tasks that count are recorded yet: {', '.join(shown)}." if shown else ""


def _section(claim: Claim) -> str:
    lines = [f"### {claim.backbone}", "", f"**{claim.headline}.** {claim.reason}", ""]
    for table in claim.tables:
        lines += _table(table)
    if claim.flags:
        lines += ["Crossovers without a certificate that holds:", ""]
        lines += [*(f"- {flag}" for flag in claim.flags), ""]
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    return [printer.markdown(table.header, table.rows), ""] if table.rows else []
