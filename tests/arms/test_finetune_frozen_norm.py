import torch

from benchmark.arms import arm
from benchmark.training import backbones


def statistics(state):
    return {name: tensor for name, tensor in state.items() if "running" in name}


def moved(seen):
    after = statistics(seen["after"].state_dict())
    before = statistics(seen["before"])
    return {name for name in after if not torch.equal(after[name], before[name])}


def test_the_statistics_of_the_pretraining_stay_and_all_weights_are_trained(trained):
    seen = trained("finetune_frozen_norm", steps=10)
    assert statistics(seen["before"])
    assert moved(seen) == set()
    weights = dict(seen["after"].named_parameters())
    assert not any(torch.equal(weights[name], seen["before"][name]) for name in weights)


def test_plain_fine_tuning_moves_them(trained):
    seen = trained("finetune", steps=10)
    assert moved(seen) == set(statistics(seen["before"]))


def test_a_network_without_batch_norm_is_refused_in_a_sentence(backbone):
    refusal = arm("finetune_frozen_norm").refusal
    assert refusal(backbones.find(backbone)) is None
    assert "no BatchNorm" in refusal(backbones.find("test_vit"))
