"""What is reused? By nearest neighbours on each block's features, and how much these change."""

from __future__ import annotations

from benchmark.analysis.board import FINETUNE
from benchmark.explain.blocks import Block, blocks
from benchmark.explain.questions.base import Question, Seen, anew
from benchmark.explain.reuse import (
    NEIGHBOURS,
    Features,
    features,
    linear_cka,
    neighbours_accuracy,
)
from benchmark.explain.variant import Jobs, Variant
from benchmark.explain.watched import State
from benchmark.records.explained.finding import RANDOM_START, REUSE, Layers, Reuse


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    return Variant(jobs[FINETUNE]), anew(jobs)


def _ask(seen: Seen) -> Reuse:
    parts = blocks(seen.network())
    return Reuse(
        tuple(block.name for block in parts),
        {name: _layers(seen, name, parts) for name in (RANDOM_START, FINETUNE)},
    )


def _layers(seen: Seen, name: str, parts: tuple[Block, ...]) -> Layers:
    one = seen.trainings[name]
    (train_before, before), (train_after, after) = (
        _features(seen, state, parts) for state in (one.start, one.end)
    )
    own, others = (images.labels.cpu().numpy() for images in seen.images)

    def accuracies(train: list[Features], test: list[Features]) -> tuple[float, ...]:
        return tuple(
            neighbours_accuracy(fit, own, asked, others)
            for fit, asked in zip(train, test, strict=True)
        )

    return Layers(
        accuracies(train_before, before),
        accuracies(train_after, after),
        tuple(map(linear_cka, before, after)),
    )


def _features(
    seen: Seen, state: State, parts: tuple[Block, ...]
) -> tuple[list[Features], list[Features]]:
    """Of the training subset and of the test images, block by block."""
    model = seen.network(state)
    train, test = (features(model, parts, images.pixels) for images in seen.images)
    return train, test


QUESTION = Question(REUSE, (FINETUNE,), _variants, _ask, (NEIGHBOURS,))
