"""Does compression do it? By arms whose weights have first learned to reconstruct images."""

from __future__ import annotations

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.explain.questions.base import Question, Seen
from benchmark.explain.variant import Jobs, Variant
from benchmark.records.explained.finding import COMPRESSION, Compression

_ARMS = (SCRATCH, FINETUNE, "autoencoder", "autoencoder_all")


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    return tuple(Variant(jobs[arm]) for arm in _ARMS)


def _ask(seen: Seen) -> Compression:
    explained = {name: one.course.explained for name, one in seen.trainings.items()}
    return Compression(
        seen.accuracies(),
        {name: share for name, share in explained.items() if share is not None},
    )


QUESTION = Question(COMPRESSION, _ARMS, _variants, _ask)
