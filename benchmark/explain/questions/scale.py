"""Is it the features or the scale of the weights? By arms and networks that have less of either."""

from __future__ import annotations

import functools

import torch

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.explain.blocks import blocks
from benchmark.explain.questions.base import Question, Seen
from benchmark.explain.reinitialised import depths
from benchmark.explain.variant import Jobs, Variant
from benchmark.records.explained.finding import SCALE, Scale
from benchmark.training import backbones

MATCHED = "matched_init"
_ARMS = (SCRATCH, FINETUNE, MATCHED)


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    names = _blocks(jobs[FINETUNE].backbone, jobs[FINETUNE].image_size)
    plain = (Variant(jobs[arm]) for arm in _ARMS)
    anew = (Variant(jobs[FINETUNE], reinitialised=top) for top in depths(len(names)))
    return (*plain, *anew)


@functools.cache
def _blocks(backbone: str, image_size: int) -> tuple[str, ...]:
    with torch.random.fork_rng(devices=[]):
        model = backbones.find(backbone).create(2, pretrained=False, image_size=image_size)
    return tuple(block.name for block in blocks(model))


def _ask(seen: Seen) -> Scale:
    accuracies, names = seen.accuracies(), _blocks(seen.work.backbone.name, seen.work.image_size)
    return Scale(
        {arm: accuracies[arm] for arm in _ARMS},
        names,
        {top: accuracies[f"{FINETUNE} top {top} anew"] for top in depths(len(names))},
    )


QUESTION = Question(SCALE, _ARMS, _variants, _ask)
