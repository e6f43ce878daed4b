"""Does it regularise, or make optimisation easier? By test loss at equal training loss."""

from __future__ import annotations

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.explain.questions.base import Question, Seen
from benchmark.explain.variant import Jobs, Variant
from benchmark.records.explained.finding import EFFECT, Effect

_ARMS = (SCRATCH, FINETUNE)


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    return tuple(Variant(jobs[arm]) for arm in _ARMS)


def _ask(seen: Seen) -> Effect:
    courses = {arm: seen.trainings[arm].course for arm in _ARMS}
    return Effect(
        {arm: course.looks for arm, course in courses.items()},
        {arm: course.levelled_off for arm, course in courses.items()},
    )


QUESTION = Question(EFFECT, _ARMS, _variants, _ask)
