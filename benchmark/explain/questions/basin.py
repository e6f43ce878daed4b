"""Do both arms end in the same minimum? By the line between their ends, and the way to them."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.explain.blocks import blocks
from benchmark.explain.distances import travelled
from benchmark.explain.interpolation import POINTS, line
from benchmark.explain.questions.base import Question, Seen
from benchmark.explain.scoring import scored
from benchmark.explain.variant import Jobs, Variant
from benchmark.explain.watched import State
from benchmark.records.explained.finding import BASIN, Basin, Path
from benchmark.training.augment import augment

_BATCHES = 8
"""Of augmented training images, the same ones at every point of every line."""
_LINES = (
    (FINETUNE, f"{FINETUNE} twin", f"{FINETUNE} to {FINETUNE}"),
    (SCRATCH, f"{SCRATCH} twin", f"{SCRATCH} to {SCRATCH}"),
    (SCRATCH, FINETUNE, f"{SCRATCH} to {FINETUNE}"),
)


def _variants(jobs: Jobs) -> tuple[Variant, ...]:
    return tuple(Variant(jobs[arm], twin) for arm in (SCRATCH, FINETUNE) for twin in (False, True))


def _ask(seen: Seen) -> Basin:
    batches = _batches(seen)
    ends = {name: one.end for name, one in seen.trainings.items()}
    return Basin(
        {arm: seen.trainings[arm].course.looks[-1] for arm in (SCRATCH, FINETUNE)},
        {arm: seen.trainings[arm].course.levelled_off for arm in (SCRATCH, FINETUNE)},
        {name: _path(seen, ends[first], ends[last], batches) for first, last, name in _LINES},
        {arm: _travelled(seen, arm) for arm in (SCRATCH, FINETUNE)},
    )


def _batches(seen: Seen) -> list[Tensor]:
    recipe, images = seen.work.recipe, seen.images[0].pixels
    drawn = torch.Generator().manual_seed(0)
    side = images.images.shape[-1]
    return [
        augment(
            images.batch(torch.randint(len(images.images), (recipe.batch_size,), generator=drawn)),
            recipe.augmentation,
            drawn,
            side,
        )
        for _ in range(_BATCHES)
    ]


def _path(seen: Seen, first: State, last: State, batches: list[Tensor]) -> Path:
    scores = [
        tuple(scored(model, images) for images in seen.images)
        for model in line(seen.network(), first, last, batches)
    ]
    return Path(
        tuple(train.loss for train, _ in scores),
        tuple(test.loss for _, test in scores),
        tuple(1 - test.accuracy for _, test in scores),
    )


def _travelled(seen: Seen, arm: str) -> dict[str, float]:
    one, model = seen.trainings[arm], seen.network()
    names = [name for name, _ in model.named_parameters()]
    return travelled(one.start, one.end, blocks(model), names)


QUESTION = Question(BASIN, (SCRATCH, FINETUNE), _variants, _ask, (POINTS, _BATCHES))
