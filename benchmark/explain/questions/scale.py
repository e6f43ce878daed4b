"""Is it the features or the scale of the weights? By arms and networks that have less of either."""

from __future__ import annotations

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.explain.questions.base import Question, Seen, anew, block_names
from benchmark.explain.reinitialised import depths
from benchmark.explain.variant import Jobs, Variant
from benchmark.records.explained.finding import SCALE, Scale

MATCHED = "matched_init"
_ARMS = (SCRATCH, FINETUNE, MATCHED)


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    names = block_names(jobs[FINETUNE].backbone, jobs[FINETUNE].image_size)
    plain = (Variant(jobs[arm]) for arm in _ARMS)
    return (*plain, *(anew(jobs, top) for top in depths(len(names))))


def _ask(seen: Seen) -> Scale:
    names = block_names(seen.work.backbone.name, seen.work.image_size)
    accuracies = seen.accuracies()
    arms = {arm: accuracies.pop(arm) for arm in _ARMS}
    # What is left are the networks with blocks anew, in the order in which they were asked for.
    return Scale(arms, names, dict(zip(depths(len(names)), accuracies.values(), strict=True)))


QUESTION = Question(SCALE, _ARMS, _variants, _ask)
