"""Random starts by other rules than that which the network was built with."""

import pytest
import torch
from torch import nn

KERNELS = ("scratch_kaiming", "scratch_orthogonal", "scratch_xavier")


def kernels(state):
    return {k: v for k, v in state.items() if v.ndim > 1 and not k.startswith("fc")}


@pytest.mark.parametrize("name", [*KERNELS, "matched_init"])
def test_the_classifier_starts_at_zero(trained, name):
    before = trained(name, steps=1)["before"]
    assert not before["fc.weight"].any()
    assert not before["fc.bias"].any()


@pytest.mark.parametrize("name", KERNELS)
def test_all_kernels_differ_from_those_of_scratch_and_nothing_else_does(trained, name):
    scratch, other = (trained(one, steps=1)["before"] for one in ("scratch", name))
    differ = {k for k, tensor in scratch.items() if not torch.equal(tensor, other[k])}
    assert differ == set(kernels(scratch))


def test_orthogonal_kernels_are_orthogonal(trained):
    for kernel in kernels(trained("scratch_orthogonal", steps=1)["before"]).values():
        rows = kernel.flatten(1)
        rows = rows if len(rows) <= rows.shape[1] else rows.T
        torch.testing.assert_close(rows @ rows.T, torch.eye(len(rows)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["scratch_kaiming", "scratch_xavier"])
def test_kernels_are_as_large_as_the_rule_says(trained, name):
    for kernel in kernels(trained(name, steps=1)["before"]).values():
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(kernel)
        fans = fan_in if name == "scratch_kaiming" else fan_in + fan_out
        assert kernel.std() == pytest.approx((2 / fans) ** 0.5, rel=0.2)


def test_matched_tensors_have_the_moments_of_the_pretrained_ones_and_not_their_values(trained):
    matched, pretrained = (trained(n, steps=1)["before"] for n in ("matched_init", "finetune"))
    for name, tensor in pretrained.items():
        if "running" in name or "tracked" in name:
            continue
        torch.testing.assert_close(matched[name].mean(), tensor.mean(), atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(matched[name].std(), tensor.std(), atol=1e-4, rtol=1e-3)
        assert tensor.std() == 0 or not torch.allclose(matched[name], tensor)
