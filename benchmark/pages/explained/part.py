"""What a question's answer for one task and backbone is made of, and how its numbers are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from benchmark.analysis.stats import Estimate
from benchmark.pages import words
from benchmark.records.explained.finding import Finding


@dataclass(frozen=True)
class Said:
    """The answer at one N."""

    images_per_class: int
    verdict: str
    """In a few words, for an overview."""
    sentence: str


@dataclass(frozen=True)
class Part:
    """The answer for one task and backbone; all of it Markdown."""

    answers: tuple[Said, ...]
    tables: tuple[str, ...]
    figure: Callable[[], Figure]
    caption: str


@dataclass(frozen=True)
class Section:
    """A question on the page."""

    key: str
    """As `records.explained` has it; the template ``KEY.md.j2`` says how it is judged."""
    title: str
    part: Callable[[Sequence[Finding]], Part | None]
    """From the findings of one task, backbone and question; None where none has an answer."""


def still_falling(unfinished: Mapping[str, int], seeds: int) -> str:
    """A sentence, with a space before it, on trainings that could have used more views; or none."""
    named = [f"`{name}` ({count} of {seeds})" for name, count in unfinished.items() if count]
    return f" The loss was still falling at the end of {' and '.join(named)}." if named else ""


def number(estimate: Estimate, digits: int = 2, *, sign: bool = False) -> str:
    """``0.12 [0.08, 0.16]``."""
    form = f"{{:{'+' if sign else ''}.{digits}f}}"
    if estimate.low is None or estimate.high is None:
        return f"{form.format(estimate.mean)} [one seed]"
    return (
        f"{form.format(estimate.mean)} [{form.format(estimate.low)}, {form.format(estimate.high)}]"
    )


def percent(estimate: Estimate, *, sign: bool = False) -> str:
    """The same of a share, times 100."""
    return words.percent(estimate.mean, estimate.low, estimate.high, sign=sign)
