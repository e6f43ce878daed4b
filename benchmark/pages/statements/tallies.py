"""Counts what tasks say of a statement at each N, and turns counts into an answer. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Literal

from benchmark.analysis import stats
from benchmark.pages import words
from benchmark.pages.statements.cases import Case

Answer = Literal["true", "false", "undecided", "not measured"]

FEWEST_TASKS = 4
"""With fewer counted tasks every answer is *undecided*."""


@dataclass(frozen=True)
class Tally:
    """How many counted tasks say what at one N."""

    images_per_class: int
    measured: int
    """Counted tasks that were measured here."""
    tasks: int
    """Those of them that may vote."""
    votes: Mapping[str, int]
    """Kind of vote -> tasks; a task that cannot decide votes for the empty word."""
    answer: Answer

    def of(self, kind: str) -> int:
        """Votes of one kind."""
        return self.votes.get(kind, 0)

    @property
    def undecided(self) -> int:
        """Tasks that may vote and cannot decide."""
        return self.of("")

    def counts(self, *kinds: str) -> tuple[str, ...]:
        """N, the tasks that may vote, the votes of each kind, and how many are undecided."""
        votes = [self.of(kind) for kind in kinds]
        return tuple(map(str, (self.images_per_class, self.tasks, *votes, self.undecided)))


Asked = Callable[[Case, int], bool]
Vote = Callable[[Case, int], str]
Rule = Callable[[Counter[str], int], Answer]
"""Votes and the number of tasks -> answer."""


def everyone(case: Case, n: int) -> bool:
    """No task is kept from voting."""
    return True


def course(
    cases: Sequence[Case],
    sizes: Iterable[int],
    vote: Vote,
    rule: Rule,
    *,
    may_vote: Asked = everyone,
) -> tuple[Tally, ...]:
    """The counted tasks' votes and the answer at each N, from those that were measured there."""
    tallies = []
    for n in sizes:
        there = [case for case in cases if case.counted and n in case.gains]
        asked = [case for case in there if may_vote(case, n)]
        votes = Counter(vote(case, n) for case in asked)
        answer = rule(votes, len(asked)) if len(asked) >= FEWEST_TASKS else "undecided"
        tallies.append(Tally(n, len(there), len(asked), votes, answer))
    return tuple(tallies)


def overall(tallies: Sequence[Tally]) -> Answer:
    """The answer that holds at every N; *undecided* where it changes."""
    answers = {tally.answer for tally in _decidable(tallies)}
    return answers.pop() if len(answers) == 1 else "undecided"


def headline(tallies: Sequence[Tally], verdict: Answer) -> str:
    """The verdict, or where it changes: ``false up to N = 5, true from N = 10 on``."""
    grouped = groupby(_decidable(tallies), key=lambda tally: tally.answer)
    runs = [(answer, [tally.images_per_class for tally in run]) for answer, run in grouped]
    if len(runs) < 2:
        return verdict
    (first, before), *middle, (last, after) = runs
    between = [f"{answer} at N = {extent(sizes)}" for answer, sizes in middle]
    start, end = f"{first} up to N = {before[-1]}", f"{last} from N = {after[0]} on"
    return ", ".join([start, *between, end])


def _decidable(tallies: Iterable[Tally]) -> list[Tally]:
    """Only a few grids have the N at their ends: there is nothing to be said there."""
    return [tally for tally in tallies if tally.measured >= FEWEST_TASKS]


def counted(tallies: Iterable[Tally], *kinds: str) -> str:
    """How many tasks say what at the smallest and the largest N, as a sentence."""
    asked = [tally for tally in tallies if tally.tasks]
    ends = asked[:1] + asked[1:][-1:]
    said = [
        f"at N = {t.images_per_class} {' and '.join(f'{kind} in {t.of(kind)}' for kind in kinds)} "
        f"of {t.tasks} tasks"
        for t in ends
    ]
    return f"It is {', '.join(said)}." if said else ""


def mean_gain(cases: Iterable[Case], n: int) -> str:
    """`mean_of` the gains of the counted tasks at N, but for those that an audit made void."""
    there = (case for case in cases if case.counted and n in case.gains)
    return mean_of([case.gains[n].mean for case in there if not case.is_void_at(n)])


def mean_of(gains: Sequence[float]) -> str:
    """Mean over tasks with Student's interval, median and range, in points."""
    if not gains:
        return "not measured"
    mean = stats.estimate(gains)
    if mean.low is None:
        return f"{100 * mean.mean:+.1f} [one task]"
    middle, least, most = (100 * of(gains) for of in (median, min, max))
    shown = words.percent(mean.mean, mean.low, mean.high, sign=True)
    return f"{shown} (median {middle:+.1f}, from {least:+.1f} to {most:+.1f})"


def extent(sizes: Sequence[int]) -> str:
    """``1 to 5``."""
    low, high = min(sizes), max(sizes)
    return str(low) if low == high else f"{low} to {high}"
