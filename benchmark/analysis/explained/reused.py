"""Which blocks stay in use? By what features are worth at the start, and how little they change.

A block is *reused* if its pretrained features are surely better for the task than random ones, by
nearest neighbours, and surely change less in fine-tuning than random ones do in the same training,
by linear CKA. It is *not* if either is surely not so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.explained.answers import Word, is_above
from benchmark.analysis.stats import Estimate, ShareEstimate, estimate, share_estimate
from benchmark.records.explained.finding import RANDOM_START, Layers, Reuse


@dataclass(frozen=True)
class Worth:
    """One block of networks from one start, over seeds; all 0..1."""

    before: ShareEstimate
    after: ShareEstimate
    similarity: ShareEstimate


@dataclass(frozen=True)
class ReusedBlock:
    """One block from both starts."""

    name: str
    worth: dict[str, Worth]
    """By training: fine-tuning and `RANDOM_START`."""
    better: Estimate
    """Accuracy of the pretrained features less that of random ones, before any training."""
    stays: Estimate
    """Similarity through fine-tuning less that through training from random weights."""

    @property
    def reused(self) -> Word:
        """By the rule above."""
        words = {is_above(self.better, 0.0), is_above(self.stays, 0.0)}
        return "no" if "no" in words else "undecided" if "undecided" in words else "yes"


def reused(answers: Sequence[Reuse]) -> tuple[ReusedBlock, ...]:
    """From the seeds at one N, at least one; from the images up."""
    return tuple(_block(answers, i) for i in range(len(answers[0].blocks)))


def _block(answers: Sequence[Reuse], i: int) -> ReusedBlock:
    layers = {name: [one.layers[name] for one in answers] for name in (RANDOM_START, FINETUNE)}
    both = list(zip(layers[FINETUNE], layers[RANDOM_START], strict=True))
    return ReusedBlock(
        answers[0].blocks[i],
        {name: _worth(own, i) for name, own in layers.items()},
        estimate([fine.before[i] - random.before[i] for fine, random in both]),
        estimate([fine.similarity[i] - random.similarity[i] for fine, random in both]),
    )


def _worth(layers: Sequence[Layers], i: int) -> Worth:
    return Worth(
        share_estimate([one.before[i] for one in layers]),
        share_estimate([one.after[i] for one in layers]),
        share_estimate([one.similarity[i] for one in layers]),
    )
