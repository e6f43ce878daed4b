"""One training loop on tensors. It knows neither tasks nor labels nor where weights come from."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from benchmark.records.recipe import Recipe
from benchmark.records.record import Training
from benchmark.training.augment import augment
from benchmark.training.networks import optimiser_for
from benchmark.training.schedule import Schedule, levelled_off
from benchmark.training.small_maps import quicken


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


@dataclass
class Run:
    """A training as far as it has come. Until the cool-down nothing in it depends on the budget."""

    model: nn.Module
    pixels: Pixels
    objective: Objective
    recipe: Recipe
    generator: torch.Generator

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.recipe)
        self.step = 0
        self.windows: list[float] = []
        """Mean losses in nats."""
        self.seconds = 0.0
        """Spent so far, on steps and what came before them; a branch counts all of it, as does one
        that was resumed."""
        quicken(self.model)
        self._optimiser = optimiser_for(self.model, self.recipe)
        self._waiting = torch.empty(0, dtype=torch.int64)
        self._losses: list[Tensor] = []

    def until(self, step: int) -> None:
        """Trains on, up to ``step`` or the end. Raises `DivergedError` at a loss not finite."""
        started = time.perf_counter()
        _set_mode(self.model, self.recipe)
        while self.step < min(step, self.schedule.end):
            self._losses.append(self._one_step())
            self.step += 1
            if len(self._losses) == self.schedule.window or self.step == self.schedule.end:
                self._close_window()
        self.seconds += time.perf_counter() - started

    def until_cooldown(self) -> None:
        """Trains on up to the cool-down, wherever the losses let it begin: after a window."""
        while not self.schedule.cools_down(self.step):
            left = self.schedule.window - len(self._losses)
            self.until(min(self.schedule.trunk, self.step + left))

    @property
    def training(self) -> Training:
        """How it went so far."""
        return Training(
            steps=self.step,
            losses=tuple(round(mean, 5) for mean in self.windows),
            levelled_off=levelled_off(self.windows, self.schedule.trunk_windows, self.recipe.floor),
            seconds=self.seconds,
        )

    def at_budgets(self, views: Iterable[int]) -> Iterator[tuple[int, Run]]:
        """The same training with budgets of ``views`` up to its own, each at its end.

        Smallest first. What comes before the cool-downs is trained once for all.
        """
        for budget in sorted(set(views)):
            if budget == self.recipe.views:
                run = self
            else:
                self.until(Schedule(replace(self.recipe, views=budget)).trunk)
                run = self.branch(budget)
            run.until(run.recipe.steps)
            yield budget, run

    def branch(self, views: int) -> Run:
        """A copy that goes on as if its budget had been ``views`` from the start.

        This one stays as it is. Equal to the last bit unless the network has dropout, whose random
        numbers are not the run's own. Raises ValueError once a cool-down has begun that the other
        budget does not have.
        """
        schedule = self.schedule.branch(views, self.step)
        other = self._copy()
        other.schedule, other.recipe = schedule, schedule.recipe
        return other

    def state(self) -> dict[str, Any]:
        """All that later steps depend on, beside what the run was made of.

        Tensors, which are the run's own, numbers, and lists and dictionaries of them.
        """
        return {
            "step": self.step,
            "seconds": self.seconds,
            "windows": self.windows,
            "losses": self._losses,
            "waiting": self._waiting.clone(),
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": [torch.get_rng_state(), *torch.cuda.get_rng_state_all()],
        }

    def resumed(self, state: Mapping[str, Any]) -> Run:
        """A copy that goes on from the ``state``, before any cool-down, of a run made of the same.

        Equal to the last bit, dropout included: torch's own random numbers go on from there, too.
        Raises ValueError where this run's cool-down would have begun by then.
        """
        other = self._copy()
        other.windows, other.schedule = list(state["windows"]), Schedule(self.recipe)
        for position, loss in enumerate(other.windows):
            other.schedule.observe((position + 1) * other.schedule.window, loss)
        other.step, other.seconds = state["step"], state["seconds"]
        if other.step > other.schedule.trunk:
            raise ValueError(f"step {other.step} lies in the cool-down")
        other._losses = [loss.to(self.pixels.images.device) for loss in state["losses"]]
        other._waiting = state["waiting"]
        other.model.load_state_dict(state["model"])
        other._optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
        other.generator.set_state(state["generator"])
        here, *on_devices = state["dropout"]
        torch.set_rng_state(here)
        torch.cuda.set_rng_state_all(on_devices)
        return other

    def _copy(self) -> Run:
        other = copy.copy(self)
        other.model, other._optimiser = copy.deepcopy((self.model, self._optimiser))
        other.generator = self.generator.clone_state()
        other.windows, other._losses = self.windows.copy(), self._losses.copy()
        return other

    def _one_step(self) -> Tensor:
        for group in self._optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        chosen = self._next_batch()
        batch = augment(
            self.pixels.batch(chosen), self.recipe.augmentation, self.generator, self.side
        )
        loss = self.objective(self.model, batch, chosen)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return loss.detach()

    @property
    def side(self) -> int:
        """Side in pixels of the images that the next step sees."""
        side = self.pixels.images.shape[-1]
        cools = self.schedule.cools_down(self.step)
        return side if cools else max(1, round(side * self.recipe.trunk_scale))

    def _next_batch(self) -> Tensor:
        """Positions, from one shuffled pass after another."""
        count, size = len(self.pixels.images), self.recipe.batch_size
        while len(self._waiting) < size:
            order = torch.randperm(count, generator=self.generator)
            self._waiting = torch.cat([self._waiting, order])
        chosen, self._waiting = self._waiting[:size], self._waiting[size:]
        return chosen

    def _close_window(self) -> None:
        self.windows.append(_finite_mean(self._losses, self.step))
        self.schedule.observe(self.step, self.windows[-1])
        self._losses.clear()


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
    run = Run(model, pixels, objective, recipe, generator)
    run.until(recipe.steps)
    return run.training


def _finite_mean(losses: list[Tensor], step: int) -> float:
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise DivergedError(f"the training loss was not finite by step {step}")
    return mean


@torch.inference_mode()
def predict(model: nn.Module, pixels: Pixels, batch_size: int = 256) -> Tensor:
    """Outputs of ``model`` in evaluation mode for all images, float32, ``[n, outputs]``."""
    model.eval()
    starts = range(0, len(pixels.images), batch_size)
    return torch.cat([model(pixels.batch(slice(start, start + batch_size))) for start in starts])
