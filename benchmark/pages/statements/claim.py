"""What a statement is, and what is said of it for one backbone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.tallies import FEWEST_TASKS, Answer, Tally, headline

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A head and its rows, in Markdown."""

    header: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Claim:
    """What one backbone's boards say of a statement."""

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


@dataclass(frozen=True)
class Statement:
    """Something that people say of pre-training, and how it is held against the records."""

    key: str
    """Its name for programs. The template ``KEY.md.j2`` beside this file says how it is judged."""
    says: str
    """The sentence."""
    judge: Callable[[Sequence[Case]], Claim]
    """From one backbone's tasks, not empty, those that count first."""


def warned(cases: Sequence[Case], reason: str) -> str:
    """The reason, with a warning before it where too few tasks count for a verdict."""
    counted = sum(case.counted for case in cases)
    if counted >= FEWEST_TASKS:
        return reason
    tasks = "task is" if counted == 1 else "tasks are"
    few = f"{counted or 'No'} {tasks} counted so far; a verdict needs {FEWEST_TASKS}."
    return f"{few} {reason}".strip()
