import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from benchmark.training.initialise import fill_kernels, match_scale


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 6), nn.Linear(6, 2)
    )


def state(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def changed(model, before):
    return {name for name, tensor in state(model).items() if not torch.equal(tensor, before[name])}


def test_kernels_are_drawn_by_the_rule_and_all_else_stays_as_built():
    model = network()
    before = state(model)
    fill_kernels(model, lambda kernel: nn.init.constant_(kernel, 7.0))
    assert changed(model, before) == {"0.weight", "3.weight", "4.weight"}
    assert (model[0].weight == 7).all()


def test_kernels_that_start_at_zero_stay_there():
    model = network()
    nn.init.zeros_(model[4].weight)
    before = state(model)
    fill_kernels(model, nn.init.orthogonal_)
    assert changed(model, before) == {"0.weight", "3.weight"}


@given(
    shape=st.sampled_from([(4, 3, 3, 3), (6, 5), (7,), (2,), (1,), ()]),
    mean=st.floats(-10, 10),
    spread=st.floats(0, 10),
)
def test_tensors_get_the_mean_and_the_spread_of_their_namesakes(shape, mean, spread):
    model = nn.ParameterDict({"tensor": torch.zeros(shape)})
    wanted = torch.randn(shape) * spread + mean
    match_scale(model, {"tensor": wanted})
    found = model["tensor"].detach()
    torch.testing.assert_close(found.mean(), wanted.mean(), atol=1e-3, rtol=1e-3)
    deviations = [one.std(correction=0) for one in (found, wanted)]
    torch.testing.assert_close(*deviations, atol=1e-3, rtol=1e-3)


def test_what_is_drawn_to_scale_is_not_what_it_was_drawn_after():
    model, other = network(), network()
    match_scale(model, other.state_dict())
    for name in ("0.weight", "3.weight"):
        pair = [one.state_dict()[name].flatten() for one in (model, other)]
        assert torch.corrcoef(torch.stack(pair))[0, 1].abs() < 0.5


def test_statistics_of_images_stay_as_built():
    model, other = network(), network()
    other[1].running_mean.fill_(3.0)
    match_scale(model, other.state_dict())
    assert (model[1].running_mean == 0).all()


def test_a_state_that_lacks_a_tensor_is_refused():
    with pytest.raises(KeyError):
        match_scale(network(), {})
