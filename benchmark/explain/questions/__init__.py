"""The questions, in the order of the page; one file for each."""

from __future__ import annotations

from benchmark.explain.questions import basin, compression, effect, reuse, scale
from benchmark.explain.questions.base import Question, Seen

__all__ = ["ALL", "Question", "Seen"]

ALL = (basin.QUESTION, effect.QUESTION, scale.QUESTION, reuse.QUESTION, compression.QUESTION)

ARMS = tuple(sorted({arm for question in ALL for arm in question.arms}))
"""Those that any of them needs."""
