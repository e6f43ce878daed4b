"""What the boards say of fine-tuning, in a sentence for each backbone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from benchmark.analysis.board import FINETUNE, Board
from benchmark.pages import escape, words
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.not_needed import few
from benchmark.pages.statements.tallies import mean_gain


def in_short(boards: Sequence[Board], development: Collection[str]) -> list[str]:
    """One sentence for each backbone over the tasks that count; ``development`` names the others.

    Every task is in one group: a void verdict stands for nothing but itself.
    """
    compared = [b for b in boards if FINETUNE in b.comparisons and b.task not in development]
    names = sorted({board.backbone for board in compared})
    return [_sentence(n, [Case(b, True) for b in compared if b.backbone == n]) for n in names]


def _sentence(backbone: str, cases: Sequence[Case]) -> str:
    sure = [case for case in cases if not case.comparison.is_void]
    parts = [words(found) for kind, words in _WORDS.items() if (found := _of(kind, sure))]
    if len(sure) < len(cases):
        parts.append(f"its verdict is void in {len(cases) - len(sure)}")
    means = [f"{mean_gain(cases, n)} at N = {n}" for n in (1, few(cases))]
    tasks = f"{len(cases)} task{'s' * (len(cases) != 1)}"
    head = f"{escape.code(backbone)}, {tasks}"
    return f"{head}: fine-tuning {', '.join(parts)}. Mean gain, in points: {', '.join(means)}."


def _of(kind: str, cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if case.verdict.kind == kind]


def _crossovers(cases: Sequence[Case]) -> str:
    found = sorted(c.verdict.crossover for c in cases if c.verdict.crossover is not None)
    return f" (N\\* = {', '.join(map(words.number, found))})" if found else ""


_WORDS: dict[str, Callable[[Sequence[Case]], str]] = {
    "helps_throughout": lambda cases: f"still helps at the largest N in {len(cases)}",
    "stops": lambda cases: f"stops helping in {len(cases)}{_crossovers(cases)}",
    "hurts": lambda cases: f"hurts from some N on in {len(cases)}{_crossovers(cases)}",
    "never_helps": lambda cases: f"never helps in {len(cases)}",
    "undecided": lambda cases: f"is undecided in {len(cases)}",
}
