"""Gradients of depthwise kernels on maps of a few pixels, computed here.

On a CPU torch leaves them to a plain reference there, ten to thirty times slower than the forward
pass: at 32 pixels the last stages of a MobileNet, whose maps are of 1x1 and 2x2, spend a third of
a training on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional

LARGEST = 2
"""Pixels of a map's side up to which they are computed here; from 3 on torch is as fast."""


class _OnSmallMaps(torch.autograd.Function):
    """A depthwise convolution of stride 1 whose output is as large as its input."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, kernels: Tensor) -> Tensor:
        """``images``: ``[b, c, h, w]``, ``kernels``: ``[c, 1, k, k]``, k odd."""
        ctx.save_for_backward(images, kernels)
        return _convolved(images, kernels)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Of the loss for images and kernels."""
        images, kernels = ctx.saved_tensors
        (gradient,) = gradients
        for_images, for_kernels = ctx.needs_input_grad
        # The gradient of a correlation is the correlation with the kernel turned by 180 degrees.
        return (
            _convolved(gradient, kernels.flip(2, 3)) if for_images else None,
            _of_kernels(images, gradient, kernels) if for_kernels else None,
        )


def _convolved(images: Tensor, kernels: Tensor) -> Tensor:
    padding, channels = kernels.shape[-1] // 2, len(kernels)
    return functional.conv2d(images, kernels, padding=padding, groups=channels)


def _of_kernels(images: Tensor, gradient: Tensor, kernels: Tensor) -> Tensor:
    """Tap by tap: what lies so far from an output pixel, times its gradient; else zero."""
    found, middle = torch.zeros_like(kernels), kernels.shape[-1] // 2
    height, width = images.shape[-2:]
    for down in range(-min(middle, height - 1), min(middle, height - 1) + 1):
        for right in range(-min(middle, width - 1), min(middle, width - 1) + 1):
            seen = images[..., _from(down, height), _from(right, width)]
            asked = gradient[..., _from(-down, height), _from(-right, width)]
            found[:, 0, middle + down, middle + right] = (seen * asked).sum((0, 2, 3))
    return found


def _from(shift: int, length: int) -> slice:
    """The places that are still inside when moved back by ``shift``."""
    return slice(max(shift, 0), length + min(shift, 0))


def _convolve(images: Tensor, kernels: Tensor, bias: None) -> Tensor:
    small = max(images.shape[-2:]) <= LARGEST and images.device.type == "cpu"
    if small and torch.is_grad_enabled():
        quick: Callable[[Tensor, Tensor], Tensor] = _OnSmallMaps.apply
        return quick(images, kernels)
    return _convolved(images, kernels)


def quicken(model: nn.Module) -> None:
    """Lets the network's depthwise convolutions of stride 1 compute gradients as above."""
    for layer in model.modules():
        if _is_one(layer):
            layer._conv_forward = _convolve  # type: ignore[assignment]


def _is_one(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    if type(layer) is not nn.Conv2d or layer.padding_mode != "zeros" or layer.bias is not None:
        return False
    side = layer.kernel_size[0]
    plain = layer.stride == layer.dilation == (1, 1) and side % 2 == 1
    same = layer.kernel_size == (side, side) and layer.padding == (side // 2, side // 2)
    return plain and same and layer.groups == layer.in_channels == layer.out_channels > 1
