"""One task with the backbone in question, and what its cells say of fine-tuning. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmark.analysis.board import FINETUNE, SCRATCH, Board, Comparison
from benchmark.analysis.certificate import deciding_sizes
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.explained.known import Known
from benchmark.analysis.gains import GainEstimate
from benchmark.pages import escape
from benchmark.pages.words import task_name


@dataclass(frozen=True)
class Case:
    """One task with the backbone in question, fine-tuned."""

    board: Board
    counted: bool
    """Not so for a task that recipes were developed on."""
    known: Known = field(default_factory=Known)
    """What `explain` found out."""

    @property
    def name(self) -> str:
        """The task in Markdown, marked where it is not counted."""
        return escape.text(task_name(self.board)) + ("" if self.counted else " (development)")

    @property
    def comparison(self) -> Comparison:
        """Fine-tuning against scratch."""
        return self.board.comparisons[FINETUNE]

    @property
    def verdict(self) -> Verdict:
        """What the comparison says."""
        return self.comparison.verdict

    @property
    def gains(self) -> dict[int, GainEstimate]:
        """N -> gain."""
        return self.verdict.gain_at

    def point(self, arm: str, n: int) -> Point | None:
        """The arm at N; None where it was not measured."""
        return next((p for p in self.board.arms[arm].points if p.images_per_class == n), None)

    def over_finetune(self, arm: str, n: int) -> GainEstimate | None:
        """The gain of an arm over fine-tuning at N; None where either was not measured."""
        found = self.board.arms[arm].over_finetune if arm in self.board.arms else ()
        return next((gain for gain in found if gain.images_per_class == n), None)

    def is_above(self, gain: GainEstimate) -> bool:
        """Whether the gain is surely above the margin, whatever it rests on."""
        return gain.low is not None and gain.low > self.verdict.margin

    def surely_helps(self, n: int) -> bool:
        """Whether the gain at N is surely above the margin, over a scratch that had its chance."""
        return self.is_above(self.gains[n]) and self.had_chance(SCRATCH, n)

    def surely_does_not_help(self, n: int) -> bool:
        """Whether fine-tuning had its chance at N, and the gain surely is not above the margin."""
        high = self.gains[n].high
        return high is not None and high <= self.verdict.margin and self.had_chance(FINETUNE, n)

    def had_chance(self, arm: str, n: int) -> bool:
        """Whether the arm can be said to do worse at N: more steps would not change it.

        Most of its trainings had levelled off. Of scratch and fine-tuning, audits may know more:
        that the verdict outlasts more steps, or that it does not.
        """
        if arm in (SCRATCH, FINETUNE) and (self.comparison.holds or self.is_void_at(n)):
            return self.comparison.holds
        point = self.point(arm, n)
        return point is not None and not point.unfinished

    def is_void_at(self, n: int) -> bool:
        """Whether the gain at N is one of those that an audit found to rest on a poor recipe."""
        return self.comparison.is_void and n in deciding_sizes(self.verdict)


def sizes(cases: Iterable[Case]) -> list[int]:
    """Every N at which a counted task was measured, increasing."""
    return sorted({n for case in cases if case.counted for n in case.gains})
