"""One training loop on tensors. It knows neither tasks nor labels nor where weights come from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from benchmark.records.recipe import Recipe
from benchmark.records.record import Training
from benchmark.training.augment import augment
from benchmark.training.networks import optimiser_for
from benchmark.training.schedule import Schedule


class DivergedError(Exception):
    """The training loss is no longer a finite number."""


@dataclass(frozen=True)
class Pixels:
    """Images as stored, and how the network wants them.

    ``images``: uint8, ``[n, 3, side, side]``, RGB, best channels last.
    ``mean`` and ``std``: of RGB in 0..1.
    """

    images: Tensor
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def batch(self, chosen: Tensor | slice) -> Tensor:
        """The chosen images, normalised, float32, channels last."""
        scale = 255 * torch.tensor(self.std, device=self.images.device)
        offset = 255 * torch.tensor(self.mean, device=self.images.device)
        # Rows of a channels-last tensor lie as the network wants them, so nothing is rearranged.
        rows = self.images.permute(0, 2, 3, 1)[chosen]
        return rows.float().sub_(offset).div_(scale).permute(0, 3, 1, 2)


def _batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Batches of ``size`` positions without end, from one shuffled pass after another."""
    waiting = torch.empty(0, dtype=torch.int64)
    while True:
        while len(waiting) < size:
            waiting = torch.cat([waiting, torch.randperm(count, generator=generator)])
        yield waiting[:size]
        waiting = waiting[size:]


def _set_mode(model: nn.Module, recipe: Recipe) -> None:
    model.train()
    if recipe.frozen_batch_norm:
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


Objective = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Network, augmented batch ``[b, 3, side, side]`` and its positions ``[b]`` -> loss, a scalar."""


def classify(labels: Tensor, recipe: Recipe) -> Objective:
    """Cross-entropy in nats against ``labels``, int64 ``[n]``."""

    def objective(model: nn.Module, batch: Tensor, chosen: Tensor) -> Tensor:
        outputs, smoothing = model(batch), recipe.label_smoothing
        return functional.cross_entropy(outputs, labels[chosen], label_smoothing=smoothing)

    return objective


def train(
    model: nn.Module,
    pixels: Pixels,
    objective: Objective,
    recipe: Recipe,
    generator: torch.Generator,
) -> Training:
    """Trains ``model`` in place on all of ``pixels``: labels, if any, are the objective's.

    Raises `DivergedError` as soon as the loss is seen not to be finite.
    """
    started = time.perf_counter()
    _set_mode(model, recipe)
    optimiser = optimiser_for(model, recipe)
    schedule = Schedule(recipe)
    side = pixels.images.shape[-1]
    losses: list[Tensor] = []
    windows: list[float] = []
    for step, chosen in enumerate(_batches(len(pixels.images), recipe.batch_size, generator)):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(step)
        seen = side if schedule.cools_down(step) else round(side * recipe.trunk_scale)
        batch = augment(pixels.batch(chosen), recipe.augmentation, generator, seen)
        loss = objective(model, batch, chosen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
        if len(losses) == schedule.window or step + 1 == schedule.end:
            windows.append(_finite_mean(losses, step))
            schedule.observe(step + 1, windows[-1])
            losses.clear()
        if step + 1 == schedule.end:
            break
    return Training(
        steps=step + 1,
        losses=tuple(round(mean, 5) for mean in windows),
        levelled_off=levelled_off(windows, recipe.floor),
        seconds=time.perf_counter() - started,
    )


def _finite_mean(losses: list[Tensor], step: int) -> float:
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise DivergedError(f"the training loss was not finite by step {step + 1}")
    return mean


def levelled_off(losses: Sequence[float], floor: float) -> bool:
    """Whether the last fifth of the losses is at the floor or hardly lower than the fifth before.

    Hardly: by less than 1% of the first loss. A share of the last loss would never do: from a loss
    near zero, every decay of the learning rate still takes a large share.
    """
    fifth = max(1, len(losses) // 5)
    last = sum(losses[-fifth:]) / fifth
    before = sum(losses[-2 * fifth : -fifth]) / fifth if len(losses) >= 2 * fifth else math.inf
    return last < floor or before - last < 0.01 * losses[0]


@torch.inference_mode()
def predict(model: nn.Module, pixels: Pixels, batch_size: int = 256) -> Tensor:
    """Outputs of ``model`` in evaluation mode for all images, float32, ``[n, outputs]``."""
    model.eval()
    starts = range(0, len(pixels.images), batch_size)
    return torch.cat([model(pixels.batch(slice(start, start + batch_size))) for start in starts])
