"""What all answers share: three words, and estimates over seeds at each N."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from benchmark.analysis.stats import Estimate
from benchmark.records.explained.finding import Basin, Effect, Finding

Word = Literal["yes", "no", "undecided"]

A = TypeVar("A")


def is_above(estimate: Estimate, bound: float) -> Word:
    """Whether the truth is surely above ``bound``, surely not, or neither."""
    if estimate.low is not None and estimate.low > bound:
        return "yes"
    return "no" if estimate.high is not None and estimate.high <= bound else "undecided"


def at_each_n(findings: Iterable[Finding], kind: type[A]) -> dict[int, list[A]]:
    """N -> the answers of this kind there, by seed; N increasing."""
    found: dict[int, list[A]] = defaultdict(list)
    ordered = sorted(findings, key=lambda one: (one.cell.images_per_class, one.cell.seed))
    for one in ordered:
        if isinstance(one.answer, kind):
            found[one.cell.images_per_class].append(one.answer)
    return dict(found)


def unfinished(answers: Sequence[Basin] | Sequence[Effect]) -> dict[str, int]:
    """Training -> at how many seeds its loss was still falling in the end."""
    return {
        name: sum(not one.levelled_off[name] for one in answers) for name in answers[0].levelled_off
    }
