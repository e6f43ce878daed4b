import pytest
import torch
from torch import nn

from benchmark.explain.blocks import blocks
from benchmark.explain.distances import travelled
from benchmark.explain.reinitialised import depths, renewed


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.ones(2))
        self.stem = nn.Linear(2, 2)
        self.norm = nn.BatchNorm1d(2)
        self.stages = nn.Sequential(self.stage(), self.stage())
        self.head_norm = nn.LayerNorm(2)
        self.pool = nn.Identity()
        self.fc = nn.Linear(2, 3)

    @staticmethod
    def stage():
        return nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def get_classifier(self):
        return self.fc

    def forward(self, given):
        return self.fc(self.head_norm(self.stages(self.norm(self.stem(given)))))


def state(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_stem_stages_and_what_comes_after_them_are_blocks_the_classifier_is_none():
    assert [b.name for b in blocks(Net())] == ["stem", "stages.0", "stages.1", "head_norm"]


def test_the_first_block_owns_what_belongs_to_no_module():
    first, *others = blocks(Net())
    assert first.owns("token")
    assert first.owns("norm.running_mean")
    assert not any(block.owns("token") or block.owns("fc.weight") for block in others)


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_convnext"])
def test_networks_of_other_kinds_have_blocks_too(name):
    from benchmark.training import backbones

    model = backbones.find(name).create(3, pretrained=False)
    found = blocks(model)
    assert len(found) >= 4
    owned = [n for n, _ in model.named_parameters() if any(b.owns(n) for b in found)]
    assert len(owned) >= len(list(model.named_parameters())) - 4


def test_a_block_that_stays_has_travelled_nothing_one_that_doubles_its_length():
    model = Net()
    start, end = state(model), state(model)
    end["stages.0.0.weight"] = start["stages.0.0.weight"] * 2
    end["stages.0.0.bias"] = start["stages.0.0.bias"] * 2
    names = [name for name, _ in model.named_parameters()]
    found = travelled(start, end, blocks(model), names)
    assert found["stages.0"] == pytest.approx(1)
    assert found["stem"] == found["stages.1"] == 0


def test_statistics_of_batch_norm_are_no_way_travelled():
    model = Net()
    start, end = state(model), state(model)
    end["norm.running_mean"] += 5
    names = [name for name, _ in model.named_parameters()]
    assert travelled(start, end, blocks(model), names)["stem"] == 0


def test_a_block_that_starts_at_zero_has_no_distance():
    model = Net()
    nn.init.zeros_(model.head_norm.weight)
    names = [name for name, _ in model.named_parameters()]
    assert "head_norm" not in travelled(state(model), state(model), blocks(model), names)


def test_only_the_chosen_blocks_start_anew():
    torch.manual_seed(0)
    model, fresh = Net(), Net()
    before = state(model)
    renewed(model, fresh.state_dict(), blocks(model)[-2:])
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert changed == {"stages.1.0.weight", "stages.1.0.bias"}  # a fresh norm is as it was


def test_depths_run_from_a_quarter_to_all_and_come_once_each():
    assert depths(9) == (3, 5, 7, 9)
    assert depths(2) == (1, 2)
