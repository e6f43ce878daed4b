"""Does it regularise, or make optimisation easier? By test loss at equal training loss."""

from __future__ import annotations

from benchmark.analysis.board import FINETUNE
from benchmark.explain.questions.base import Question, Seen, anew
from benchmark.explain.variant import Jobs, Variant
from benchmark.records.explained.finding import EFFECT, RANDOM_START, Effect


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    return Variant(jobs[FINETUNE]), anew(jobs)


def _ask(seen: Seen) -> Effect:
    courses = {name: seen.trainings[name].course for name in (RANDOM_START, FINETUNE)}
    return Effect(
        {name: course.looks for name, course in courses.items()},
        {name: course.levelled_off for name, course in courses.items()},
    )


QUESTION = Question(EFFECT, (FINETUNE,), _variants, _ask)
