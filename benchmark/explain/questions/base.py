"""What a question is: the trainings that it needs, and what it asks of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from benchmark.analysis.board import FINETUNE
from benchmark.explain.blocks import blocks
from benchmark.explain.scoring import Labelled
from benchmark.explain.variant import Jobs, Variant
from benchmark.explain.watched import State, Watched, images_of
from benchmark.records.explained.finding import Answer
from benchmark.training import backbones
from benchmark.training.work import Work


@functools.cache
def block_names(backbone: str, image_size: int) -> tuple[str, ...]:
    """Of the blocks of a backbone, by the name that timm understands, from the images up."""
    with torch.random.fork_rng(devices=[]):
        model = backbones.find(backbone).create(2, pretrained=False, image_size=image_size)
    return tuple(block.name for block in blocks(model))


def anew(jobs: Jobs, top: int | None = None) -> Variant:
    """Fine-tuning with its ``top`` blocks from random weights; without a number, all of them."""
    job = jobs[FINETUNE]
    count = len(block_names(job.backbone, job.image_size))
    return Variant(job, reinitialised=top or count, blocks=count)


@dataclass(frozen=True)
class Seen:
    """The trainings of a question in one cell, none of which diverged."""

    trainings: Mapping[str, Watched]
    """`Variant.name` -> what was seen of it."""
    work: Work[Any]
    """Of one of them: the same images for all."""

    @functools.cached_property
    def images(self) -> tuple[Labelled, Labelled]:
        """The training subset and the test images."""
        return images_of(self.work)

    def network(self, state: State | None = None) -> nn.Module:
        """The network in evaluation mode, with the weights of ``state``."""
        work = self.work
        with torch.random.fork_rng(devices=[]):
            made = work.backbone.create(work.classes, pretrained=False, image_size=work.image_size)
        made.load_state_dict(state or made.state_dict())
        return made.to(work.device).eval()

    def accuracies(self) -> dict[str, float]:
        """Training -> its accuracy on all test images."""
        found = {name: one.course.accuracy for name, one in self.trainings.items()}
        return {name: accuracy for name, accuracy in found.items() if accuracy is not None}


@dataclass(frozen=True)
class Question:
    """One question; its answer in each cell is stored by itself."""

    key: str
    arms: tuple[str, ...]
    """Without one of them it cannot be asked."""
    variants: Callable[[Jobs], tuple[Variant, ...]]
    ask: Callable[[Seen], Answer]
    """Raises `DivergedError` where a network's outputs are not finite."""
    method: tuple[Any, ...] = ()
    """What, if changed, makes a stored answer another's: numbers and words."""
