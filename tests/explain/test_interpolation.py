import pytest
import torch
from torch import nn

from benchmark.analysis.explained.basins import barrier
from benchmark.explain.interpolation import between, line
from benchmark.explain.scoring import Labelled, scored
from benchmark.explain.statistics import renew
from benchmark.training.loop import Pixels

HIDDEN = 16


def images(count=60):
    drawn = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 3, 4, 4), generator=drawn, dtype=torch.uint8)
    labels = (pixels.float().mean((1, 2, 3)) > 127.5).long()
    return Labelled(Pixels(pixels, (0.5,) * 3, (0.3,) * 3), labels)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(48, HIDDEN),
        nn.BatchNorm1d(HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, 2),
    )


def trained(model, seen, steps=60):
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    batch = seen.pixels.batch(slice(None))
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model.train()(batch), seen.labels).backward()
        optimiser.step()
    return model


def permuted(model, order):
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name, tensor in state.items():
        if name.startswith(("1.", "2.")) and tensor.ndim:
            state[name] = tensor[order]
    state["4.weight"] = state["4.weight"][:, order]
    return state


def losses(model, first, last, seen):
    batches = [seen.pixels.batch(slice(None))]
    return [scored(point, seen).loss for point in line(model, first, last, batches)]


@pytest.fixture(scope="module")
def seen():
    return images()


@pytest.fixture(scope="module")
def model(seen):
    return trained(network(), seen)


def test_two_copies_of_one_network_have_no_barrier(model, seen):
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert barrier(losses(model, state, state, seen)) == pytest.approx(0, abs=1e-6)


def test_a_permuted_copy_has_a_barrier_and_none_once_the_permutation_is_undone(model, seen):
    order = torch.randperm(HIDDEN, generator=torch.Generator().manual_seed(1))
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    other = permuted(model, order)
    found = losses(network(), state, other, seen)
    assert found[0] == pytest.approx(found[-1], abs=1e-5)  # it is the same function
    assert barrier(found) > 0.05
    copy = network()
    copy.load_state_dict(other)
    assert barrier(losses(network(), state, permuted(copy, order.argsort()), seen)) < 1e-5


def test_a_linear_model_has_no_barrier(seen):
    def linear(seed):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(48, 2))

    ends = [trained(linear(seed), seen).state_dict() for seed in (0, 1)]
    found = losses(linear(2), *ends, seen)
    assert len(found) == 11
    assert barrier(found) == pytest.approx(0, abs=1e-6)


def test_between_two_states_counters_are_those_of_the_first():
    first = {"weight": torch.zeros(2), "counter": torch.tensor(3)}
    last = {"weight": torch.ones(2), "counter": torch.tensor(9)}
    middle = between(first, last, 0.25)
    assert middle["weight"].tolist() == [0.25, 0.25]
    assert middle["counter"] == 3


def test_statistics_are_those_of_the_batches_whatever_they_were():
    norm = nn.BatchNorm1d(3)
    norm.running_mean.fill_(99)
    batches = [torch.randn(8, 3) + 5, torch.randn(8, 3) + 7]
    renew(norm, batches)
    torch.testing.assert_close(norm.running_mean, torch.stack([b.mean(0) for b in batches]).mean(0))
    assert norm.momentum == 0.1
    assert not norm.training


def test_a_network_without_batch_norm_never_sees_a_batch():
    def batches():
        raise AssertionError
        yield

    renew(nn.Linear(2, 2), batches())
