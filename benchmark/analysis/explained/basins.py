"""Do two networks lie in one basin? By the barrier on the straight line between them.

The barrier is the most by which loss or error rises above the straight line between its values at
the ends (Frankle et al. 2020, "Linear mode connectivity and the lottery ticket hypothesis", section
2; Neyshabur et al. 2020). Two networks that differ in no more than the order of their units may
have a barrier between them all the same (Entezari et al. 2022), so one between networks from two
random starts says less than one between networks from one pretrained start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.answers import Word, is_above, unfinished
from benchmark.analysis.stats import Estimate, estimate
from benchmark.records.explained.finding import Basin, Look, Path

LEAST_BARRIER = 0.02
"""Of test error: below it two networks count as connected (Frankle et al. 2020, section 3)."""

Connected = Literal["one basin", "two basins", "undecided"]


def barrier(values: Sequence[float]) -> float:
    """The most by which ``values``, at evenly spaced points, exceed the chord of their ends; >= 0.

    Raises ValueError with fewer than two.
    """
    if len(values) < 2:
        raise ValueError("a line has two ends")
    chord = np.linspace(values[0], values[-1], len(values))
    # Both ends lie on the chord, so that the largest excess is never negative.
    return max(0.0, float((np.asarray(values) - chord).max()))


@dataclass(frozen=True)
class Line:
    """The barriers between two kinds of networks, over seeds."""

    name: str
    test_error: Estimate
    """0..1."""
    train_loss: Estimate
    """Nats."""
    test_loss: Estimate
    """Nats."""

    @property
    def connected(self) -> Connected:
        """*One*: the barrier of the test error is surely at most 2 points; *two*: it is higher."""
        words: dict[Word, Connected] = {"yes": "two basins", "no": "one basin"}
        return words.get(is_above(self.test_error, LEAST_BARRIER), "undecided")


@dataclass(frozen=True)
class Basins:
    """What is known at one N."""

    seeds: int
    lines: tuple[Line, ...]
    train_loss: Estimate
    """Of scratch less that of fine-tuning, at their ends, in nats."""
    test_loss: Estimate
    """The same on test images."""
    travelled: dict[str, dict[str, Estimate]]
    """Arm -> block -> distance from the start, as a share of its length."""
    unfinished: dict[str, int]
    """Arm -> trainings whose loss was still falling in the end."""

    def line(self, name: str) -> Line:
        """The line of this name."""
        return next(one for one in self.lines if one.name == name)


def basins(answers: Sequence[Basin]) -> Basins:
    """From the seeds at one N, at least one."""
    first = answers[0]
    return Basins(
        len(answers),
        tuple(_line(name, [one.paths[name] for one in answers]) for name in first.paths),
        _difference(answers, lambda look: look.train_loss),
        _difference(answers, lambda look: look.test_loss),
        {
            arm: {
                block: estimate([one.travelled[arm][block] for one in answers])
                for block in blocks
                if all(block in one.travelled[arm] for one in answers)
            }
            for arm, blocks in first.travelled.items()
        },
        unfinished(answers),
    )


def _line(name: str, paths: Sequence[Path]) -> Line:
    kinds = (
        [barrier(path.test_errors) for path in paths],
        [barrier(path.train_losses) for path in paths],
        [barrier(path.test_losses) for path in paths],
    )
    return Line(name, *map(estimate, kinds))


def _difference(answers: Sequence[Basin], of: Callable[[Look], float]) -> Estimate:
    return estimate([of(one.ends[SCRATCH]) - of(one.ends[FINETUNE]) for one in answers])
