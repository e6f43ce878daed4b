import pytest
import torch

from benchmark.arms import arm
from benchmark.arms import scratch_dropout as module
from benchmark.training import backbones


def forward(model):
    torch.manual_seed(0)
    images = torch.rand(8, 3, 16, 16)
    with torch.inference_mode():
        return torch.equal(model(images), model(images))


@pytest.mark.parametrize(("rates", "same"), [((0.5, 0.0), False), ((0.0, 0.0), True)])
def test_connections_are_dropped_while_it_trains_and_not_where_it_predicts(trained, rates, same):
    drop_rate, drop_path_rate = rates
    model = trained("scratch_dropout", drop_rate=drop_rate, drop_path_rate=drop_path_rate)["after"]
    assert forward(model.train()) == same
    assert forward(model.eval())


def test_blocks_are_dropped_while_it_trains(trained):
    model = trained("scratch_dropout", drop_rate=0.0, drop_path_rate=0.5)["after"]
    assert not forward(model.train())


def test_without_dropping_anything_it_is_scratch(short):
    outcomes = [
        arm("scratch_dropout").fit(short("scratch_dropout", drop_rate=0.0, drop_path_rate=0.0)),
        arm("scratch").fit(short("scratch")),
    ]
    assert outcomes[0].training.losses == outcomes[1].training.losses


def test_a_network_with_nothing_to_drop_is_refused_in_a_sentence(monkeypatch, backbone):
    network = backbones.find(backbone)
    assert module._refusal(network) is None
    monkeypatch.setattr(backbones.Backbone, "drops_at", lambda backbone, rate: False)
    assert "neither dropout nor stochastic depth" in arm("scratch_dropout").refusal(network)
