from __future__ import annotations

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.training import networks, orthogonalise

SHAPES = [(8, 3, 3, 3), (5, 8), (8, 5), (5, 8, 1, 1), (6, 6), (48, 16, 1, 1)]


def tensors(seed=0, shapes=SHAPES):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def timms(*tensors, **settings):
    """timm's own update, in float32."""
    muon = networks.muon
    with pytest.MonkeyPatch.context() as patch:
        in_float32 = functools.partial(muon.zeropower_via_newtonschulz, dtype=torch.float32)
        patch.setattr(muon, "zeropower_via_newtonschulz", in_float32)
        muon.muon(
            *tensors,
            **settings,
            nesterov=True,
            ns_steps=5,
            ns_coefficients="quintic",
            eps=1e-7,
            safety_factor=1.0,
            adjust_lr_fn="match_rms_adamw",
            conv_mode="flatten",
            normalize_spatial=True,
            scale_eps=False,
        )


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_step_is_the_one_that_timm_takes(layout):
    ours, theirs = ([tensors(), tensors(1), tensors(2)] for _ in range(2))
    ours = [[t.to(memory_format=layout) if t.ndim == 4 else t for t in some] for some in ours]
    how = {"lr": 0.1, "weight_decay": 0.05, "momentum": 0.95}
    orthogonalise.step(*ours, **how)
    timms(*theirs, **how)
    for one, other in zip([*ours[0], *ours[2]], [*theirs[0], *theirs[2]], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4, check_stride=False)


@settings(deadline=None)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    scale=st.floats(1e-4, 1e4),
    seed=st.integers(0, 99),
)
def test_singular_values_end_up_about_one_whatever_they_were(rows, columns, scale, seed):
    (matrix,) = tensors(seed, [(rows, columns)])
    (found,) = orthogonalise.orthogonalised([scale * matrix])
    before = torch.linalg.svdvals(matrix)
    large = before > 0.01 * torch.linalg.vector_norm(matrix)
    assert found.shape == matrix.shape
    assert ((torch.linalg.svdvals(found) - 1).abs()[large] < 0.4).all()


def test_directions_that_hardly_move_do_not_spoil_the_others():
    u, _, v = torch.linalg.svd(tensors(0, [(16, 40)])[0], full_matrices=False)
    spread = torch.logspace(0, -7, 16)
    (found,) = orthogonalise.orthogonalised([u * spread @ v])
    kept = torch.diagonal(u.T @ found @ v.T)
    assert ((kept[spread > 0.01] - 1).abs() < 0.4).all()
    assert torch.linalg.svdvals(found).max() < 1.4


def test_what_has_no_gradient_at_all_stays_zero():
    (found,) = orthogonalise.orthogonalised([torch.zeros(4, 6)])
    assert torch.equal(found, torch.zeros(4, 6))
