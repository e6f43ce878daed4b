"""Muon's update of kernels and matrices, of all of a network at once, in float32.

timm's takes one after the other and orthogonalises in bfloat16, whose products CPUs without such
instructions emulate: on small images it took half of a training. Here the iteration runs on the
small Gram matrices, those of one size together, and each momentum is multiplied once in the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

_QUINTIC = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)
"""Newton and Schulz's iteration, step by step: ``X <- (a + b X X' + c (X X')^2) X``. Those of timm,
which names their source (Cesista, Jordan et al. 2025, "Squeezing 1-2% efficiency gains out of Muon
by optimizing the Newton-Schulz coefficients")."""
_RMS = 0.2
"""Mean square root of an AdamW update, which a step is made as large as (Liu et al. 2025, "Muon is
scalable for LLM training", 2.2)."""
_SMALLEST = 1e-7
"""Norm that smaller ones count as."""


def step(
    parameters: list[Tensor],
    gradients: list[Tensor],
    momenta: list[Tensor],
    *,
    lr: float,
    weight_decay: float,
    momentum: float,
) -> None:
    """Changes ``parameters`` and ``momenta`` in place: Muon (Jordan et al. 2024), Nesterov's kind.

    All are ``[out, in, ...]``, of whatever sizes.
    """
    torch._foreach_mul_(parameters, 1 - lr * weight_decay)
    torch._foreach_lerp_(momenta, gradients, 1 - momentum)
    ahead = torch._foreach_lerp(gradients, momenta, momentum)
    for parameter, update in zip(parameters, orthogonalised(ahead), strict=True):
        longer = max(len(parameter), parameter[0].numel())
        parameter.add_(update, alpha=-lr * _RMS * longer**0.5)


def orthogonalised(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The nearest (half-)orthogonal matrices, roughly: singular values end up about 1.

    Each ``[out, in, ...]`` is a matrix with ``out`` rows.
    """
    wide = [_wide(one) for one in tensors]
    found = [torch.empty(0)] * len(wide)
    for places in _of_one_size(wide):
        grams = torch.stack([wide[k] @ wide[k].T for k in places])
        for k, root in zip(places, _inverse_roots(grams), strict=True):
            found[k] = _shaped(root @ wide[k], tensors[k])
    return found


def _of_one_size(wide: Sequence[Tensor]) -> Iterable[list[int]]:
    places: dict[int, list[int]] = defaultdict(list)
    for k, matrix in enumerate(wide):
        places[len(matrix)].append(k)
    return places.values()


def _wide(tensor: Tensor) -> Tensor:
    """As a matrix, turned if it is taller than wide. Of a channels-last kernel it is a view: the
    order of columns does not matter."""
    matrix = tensor.movedim(1, -1).reshape(len(tensor), -1)
    return matrix.T if matrix.shape[0] > matrix.shape[1] else matrix


def _shaped(wide: Tensor, like: Tensor) -> Tensor:
    """Undoes `_wide`."""
    matrix = wide if len(wide) == len(like) else wide.T
    return matrix.reshape(like.movedim(1, -1).shape).movedim(-1, 1)


def _inverse_roots(grams: Tensor) -> Tensor:
    """``R`` for each ``X X'`` of ``[k, m, m]``, so that ``R X`` is what the iteration makes of X.

    Its factors are polynomials of ``X X'``, which commute, so that X itself need not be known.
    """
    norms = grams.diagonal(dim1=-2, dim2=-1).sum(-1).sqrt().clamp_(min=_SMALLEST)[:, None, None]
    first, *others = _QUINTIC
    gram = grams / norms**2
    factor = root = _factor(gram, first)
    for coefficients in others:
        gram = factor @ gram @ factor
        factor = _factor(gram, coefficients)
        root = factor @ root
    return root / norms


def _factor(gram: Tensor, coefficients: tuple[float, float, float]) -> Tensor:
    a, b, c = coefficients
    factor = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
    factor.diagonal(dim1=-2, dim2=-1).add_(a)
    return factor
