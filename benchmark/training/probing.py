"""A logistic regression on frozen features, and a network's classifier that starts as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.records.recipe import ProbeRecipe
from benchmark.tasks.subsets import folds
from benchmark.training.loop import DivergedError, Pixels, predict

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_LARGEST = 1e15


def fitted(
    inputs: NDArray[np.float32], labels: NDArray[np.int64], recipe: ProbeRecipe, seed: int
) -> Pipeline:
    """Standardises ``inputs`` (``[images, features]``) and fits; C is chosen inside of them."""
    return _classifier(chosen_strength(inputs, labels, recipe, seed)).fit(inputs, labels)


def _classifier(strength: float) -> Pipeline:
    # Imported late: whoever only plans a sweep would wait a second for it.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))


def chosen_strength(
    inputs: NDArray[np.float32], labels: NDArray[np.int64], recipe: ProbeRecipe, seed: int
) -> float:
    """C with the best accuracy over folds of the subset; the smallest of equals."""
    per_class = int(np.bincount(labels).min())
    if per_class < recipe.smallest_n:
        return recipe.fallback
    parts = folds(labels, min(recipe.folds, per_class), seed)

    def held_out_accuracy(strength: float) -> float:
        scores = [
            _classifier(strength).fit(inputs[fit], labels[fit]).score(inputs[held], labels[held])
            for fit, held in parts
        ]
        return float(np.mean(scores))

    return max(sorted(recipe.strengths), key=held_out_accuracy)


def inputs_of(layer: nn.Module, model: nn.Module, pixels: Pixels) -> NDArray[np.float32]:
    """What ``layer`` gets of ``pixels`` where ``model`` predicts, ``[images, features]``."""
    seen: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0].flatten(1)))
    try:
        predict(model, pixels)
    finally:
        handle.remove()
    return torch.cat(seen).cpu().numpy()


def fit_layers(
    layers: Iterable[nn.Linear | nn.Conv2d],
    model: nn.Module,
    pixels: Pixels,
    labels: NDArray[np.int64],
    recipe: ProbeRecipe,
    seed: int,
) -> None:
    """Gives each of the ``layers`` of ``model`` the weights of a probe on what it gets.

    Raises as `check_usable`.
    """
    for layer in layers:
        inputs = inputs_of(layer, model, pixels)
        check_usable(inputs)
        copy_into(layer, fitted(inputs, labels, recipe, seed))


def check_usable(*parts: NDArray[np.float32]) -> None:
    """Raises `DivergedError` where features, ``[images, features]`` each, are no finite numbers.

    Beyond the largest number a classifier's own arithmetic is no longer finite.
    """
    spoilt = sum(int((~(np.abs(part) < _LARGEST)).any(axis=1).sum()) for part in parts)
    if spoilt:
        raise DivergedError(
            f"the backbone's features are not finite, or beyond {_LARGEST:g}, for {spoilt} of "
            f"{sum(map(len, parts))} images: look at its weights, mean and std"
        )


@torch.no_grad()
def copy_into(layer: nn.Linear | nn.Conv2d, probe: Pipeline) -> None:
    """Makes ``layer`` (features to one logit per class) predict what ``probe`` does.

    Classes that the probe has not seen keep their logits.
    """
    scaler, regression = probe[0], probe[1]
    weights, bias = _by_class(regression.coef_, regression.intercept_)
    weights = weights / scaler.scale_
    bias = bias - weights @ scaler.mean_
    assert layer.bias is not None
    rows = torch.from_numpy(regression.classes_)
    layer.weight[rows] = torch.from_numpy(weights).to(layer.weight).view_as(layer.weight[rows])
    layer.bias[rows] = torch.from_numpy(bias).to(layer.bias)


def _by_class(
    weights: NDArray[np.float64], bias: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One row per class: of two classes scikit-learn has a single one, for the second."""
    if len(weights) > 1:
        return weights, bias
    return np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
