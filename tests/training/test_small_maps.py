"""Convolutions on small maps: the same numbers, sooner."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from benchmark.training.small_maps import quicken


def depthwise(side=3, **options):
    settings = {"padding": side // 2, "groups": 8, "bias": False} | options
    return nn.Conv2d(8, 8, side, **settings)


def gradients(layer, images):
    images = images.clone().requires_grad_()
    output = layer(images)
    (output * torch.linspace(-1, 1, output.numel()).view_as(output)).sum().backward()
    return output.detach(), images.grad, layer.weight.grad


def dense(side, **options):
    return nn.Conv2d(8, 6, side, **{"padding": side // 2, "bias": False} | options)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kind", [depthwise, dense])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (3, 2), (4, 3), (5, 5)])
def test_output_and_gradients_are_those_of_torch(kind, kernel, stride, size, layout):
    plain = kind(kernel, stride=stride).to(memory_format=layout)
    quick = copy.deepcopy(plain)
    quicken(quick)
    assert "_conv_forward" in vars(quick)
    images = torch.randn(4, 8, *size, generator=torch.Generator().manual_seed(0))
    images = images.to(memory_format=layout)
    for here, there in zip(gradients(quick, images), gradients(plain, images), strict=True):
        assert here.shape == there.shape
        assert torch.allclose(here, there, atol=1e-5)


@pytest.mark.parametrize("padding", [0, 2])
def test_kernels_see_what_padding_lets_them(padding):
    plain = dense(3, padding=padding, stride=8)
    quick = copy.deepcopy(plain)
    quicken(quick)
    images = torch.randn(2, 8, 4, 5, generator=torch.Generator().manual_seed(0))
    for here, there in zip(gradients(quick, images), gradients(plain, images), strict=True):
        assert torch.allclose(here, there, atol=1e-5)


def test_what_torch_refuses_is_refused():
    layer = dense(3, padding=0)
    quicken(layer)
    with pytest.raises(RuntimeError, match="ernel size"):
        layer(torch.ones(1, 8, 2, 2))


def test_a_copy_computes_with_its_own_kernels():
    quick = depthwise()
    quicken(quick)
    other = copy.deepcopy(quick)
    nn.init.zeros_(other.weight)
    assert not other(torch.ones(1, 8, 1, 1)).any()
    assert quick(torch.ones(1, 8, 1, 1)).any()


def test_images_that_need_no_gradient_get_none():
    layer = depthwise()
    quicken(layer)
    layer(torch.ones(2, 8, 1, 1)).sum().backward()
    middle = layer.weight.grad[:, 0, 1, 1]
    assert torch.equal(middle, torch.full((8,), 2.0))
    assert layer.weight.grad.abs().sum() == middle.sum(), "the other taps lie on the border"


@pytest.mark.parametrize(
    "other",
    [
        depthwise(bias=True),
        depthwise(stride=(1, 2)),
        depthwise(padding=2),
        dense(1, padding=1),
        dense(3, bias=True),
        depthwise(padding_mode="reflect"),
        depthwise(padding="same"),
        depthwise(dilation=2, padding=2),
        depthwise(groups=4),
        depthwise(2, padding=1),
        nn.Conv2d(8, 8, (3, 5), padding=(1, 2), groups=8, bias=False),
    ],
)
def test_any_other_convolution_stays_as_it_is(other):
    images = torch.randn(2, 8, 2, 2, generator=torch.Generator().manual_seed(0))
    before = other(images)
    quicken(other)
    assert torch.equal(other(images), before)
    assert "_conv_forward" not in vars(other)


def test_without_gradients_torch_computes_all_of_it():
    layer = depthwise()
    quicken(layer)
    images = torch.randn(2, 8, 1, 1)
    with torch.inference_mode():
        assert torch.equal(layer(images), conv2d(images, layer.weight, padding=1, groups=8))
