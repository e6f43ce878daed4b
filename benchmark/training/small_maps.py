"""Convolutions on maps of a few pixels, computed here where gradients are wanted.

On a CPU torch spends most of a training on them where images are small. It leaves gradients of
depthwise kernels on the smallest maps to a plain reference, ten to thirty times slower than the
forward pass; kernels of one pixel, and all kernels where one pixel comes out, are matrix products,
which are two to ten times as fast as what it makes of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

DEPTHWISE = 2
"""Pixels of a map's side up to which depthwise gradients are computed here; from 3 on torch is as
fast."""
POINTWISE = 4
"""The same for kernels of one pixel; at 8 torch is as fast."""


def quicken(model: nn.Module) -> None:
    """Lets the network's convolutions compute as above where their maps are small.

    Those without bias, with square kernels, and either depthwise or dense; numbers stay the same up
    to rounding.
    """
    for layer in model.modules():
        if type(layer) is nn.Conv2d and (quick := _quick(layer)):
            how = {"stride": layer.stride[0], "padding": layer.padding[0]}
            layer._conv_forward = functools.partial(quick, **how)  # type: ignore[method-assign]


_Convolution = Callable[..., Tensor]


def _quick(layer: nn.Conv2d) -> _Convolution | None:
    """What computes the layer; None where torch has to."""
    pairs = layer.kernel_size, layer.stride, layer.dilation, layer.padding
    if layer.padding_mode != "zeros" or layer.bias is not None or isinstance(layer.padding, str):
        return None
    if any(len(set(pair)) > 1 for pair in pairs) or layer.dilation[0] > 1:
        return None
    if int(layer.padding[0]) >= layer.kernel_size[0]:
        return None
    if layer.groups == 1:
        return _dense
    same = 2 * int(layer.padding[0]) + 1 == layer.kernel_size[0]
    each = layer.groups == layer.in_channels == layer.out_channels
    return _depthwise if same and each else None


def _wanted(images: Tensor) -> bool:
    return torch.is_grad_enabled() and images.device.type == "cpu"


def _dense(images: Tensor, kernels: Tensor, bias: None, *, stride: int, padding: int) -> Tensor:
    if _wanted(images):
        sides, kernel = images.shape[-2:], kernels.shape[-1]
        if all(0 <= side + 2 * padding - kernel < stride for side in sides):
            return _one_pixel(images, kernels, padding)
        if max(sides) <= POINTWISE and kernel == stride == 1 and padding == 0:
            return _pointwise(images, kernels)
    return functional.conv2d(images, kernels, None, stride, padding)


def _pointwise(images: Tensor, kernels: Tensor) -> Tensor:
    return functional.linear(images.movedim(1, -1), kernels.flatten(1)).movedim(-1, 1)


def _one_pixel(images: Tensor, kernels: Tensor, padding: int) -> Tensor:
    """All that the kernels see of the images, times the taps that see it."""
    reach = kernels.shape[-1] - padding
    seen = images[..., :reach, :reach]
    height, width = seen.shape[-2:]
    taps = kernels[..., padding : padding + height, padding : padding + width]
    # In this order a channels-last tensor is a matrix as it lies.
    flat_seen, flat_taps = seen.movedim(1, -1).flatten(1), taps.movedim(1, -1).flatten(1)
    return functional.linear(flat_seen, flat_taps)[:, :, None, None]


def _depthwise(images: Tensor, kernels: Tensor, bias: None, *, stride: int, padding: int) -> Tensor:
    if _wanted(images) and max(images.shape[-2:]) <= DEPTHWISE:
        at_every_pixel: Callable[[Tensor, Tensor], Tensor] = _OnSmallMaps.apply
        return at_every_pixel(images, kernels)[..., ::stride, ::stride]
    return functional.conv2d(images, kernels, None, stride, padding, groups=len(kernels))


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
