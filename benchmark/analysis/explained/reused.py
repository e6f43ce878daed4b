"""Which blocks stay in use? By what features are worth at the start, and how little they change.

A block is *reused* if its pretrained features are surely better for the task than random ones, by
nearest neighbours, and surely change less in fine-tuning than those of a random start do in its
training, by linear CKA. It is *not* if either is surely not so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.answers import Word, is_above
from benchmark.analysis.stats import Estimate, ShareEstimate, estimate, share_estimate
from benchmark.records.explained.finding import Layers, Reuse


@dataclass(frozen=True)
class Worth:
    """One block of one arm's networks, over seeds; all 0..1."""

    before: ShareEstimate
    after: ShareEstimate
    similarity: ShareEstimate


@dataclass(frozen=True)
class ReusedBlock:
    """One block of both arms."""

    name: str
    worth: dict[str, Worth]
    """By arm."""
    better: Estimate
    """Accuracy of the pretrained features less that of random ones, before any training."""
    stays: Estimate
    """Similarity through fine-tuning less that through training from scratch."""

    @property
    def reused(self) -> Word:
        """By the rule above."""
        words = {is_above(self.better, 0.0), is_above(self.stays, 0.0)}
        return "no" if "no" in words else "undecided" if "undecided" in words else "yes"


def reused(answers: Sequence[Reuse]) -> tuple[ReusedBlock, ...]:
    """From the seeds at one N, at least one; from the images up."""
    return tuple(_block(answers, i) for i in range(len(answers[0].blocks)))


def _block(answers: Sequence[Reuse], i: int) -> ReusedBlock:
    layers = {arm: [one.layers[arm] for one in answers] for arm in (SCRATCH, FINETUNE)}
    both = list(zip(layers[FINETUNE], layers[SCRATCH], strict=True))
    return ReusedBlock(
        answers[0].blocks[i],
        {arm: _worth(own, i) for arm, own in layers.items()},
        estimate([fine.before[i] - scratch.before[i] for fine, scratch in both]),
        estimate([fine.similarity[i] - scratch.similarity[i] for fine, scratch in both]),
    )


def _worth(layers: Sequence[Layers], i: int) -> Worth:
    return Worth(
        share_estimate([one.before[i] for one in layers]),
        share_estimate([one.after[i] for one in layers]),
        share_estimate([one.similarity[i] for one in layers]),
    )
