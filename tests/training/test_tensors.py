import pytest
import torch
from safetensors.torch import save_file

from benchmark.errors import UserError
from benchmark.training import tensors
from benchmark.training.tensors import mismatch, shapes_of

NETWORK = {
    "conv.weight": torch.ones(8, 3, 3, 3),
    "bn.weight": torch.ones(8),
    "bn.num_batches_tracked": torch.tensor(0),
}


def why(found):
    return mismatch(shapes_of(found), shapes_of(NETWORK), "a_net").what


def renamed(prefix, **more):
    return {prefix + name: tensor for name, tensor in NETWORK.items()} | more


@pytest.mark.parametrize("prefix", ["backbone.", "model.encoder.", "0."])
def test_a_prefix_of_all_names_is_found(prefix):
    assert f"begin with '{prefix}'" in why(renamed(prefix, head=torch.ones(3)))


def test_a_checkpoint_of_something_else_is_called_so():
    said = why({"embed.weight": torch.ones(4), "other": torch.ones(2)})
    assert said == (
        "none of its 2 tensors belongs to the architecture a_net: 'embed.weight' there, "
        "'bn.num_batches_tracked' here"
    )


def test_a_file_without_tensors_is_called_so():
    assert "none of its 0 tensors" in why({})


def test_tensors_that_are_missing_are_named_but_no_counters():
    assert "lacks 1 of the 3 tensors of the architecture a_net, the first are bn.weight" in why(
        {"conv.weight": NETWORK["conv.weight"]}
    )


@pytest.mark.parametrize("channels", [1, 2, 4, 13])
def test_other_channels_than_those_of_rgb_are_called_so(channels):
    said = why(NETWORK | {"conv.weight": torch.ones(8, channels, 3, 3)})
    assert (
        said == f"it is made for images of {channels} channels, not for the 3 of RGB (conv.weight)"
    )


@pytest.mark.parametrize(
    ("shape", "shown"), [((8, 3, 5, 5), "8 x 3 x 5 x 5"), ((27,), "27"), ((), "of a single number")]
)
def test_another_shape_is_shown_beside_the_right_one(shape, shown):
    said = why(NETWORK | {"conv.weight": torch.ones(shape)})
    assert (
        f"conv.weight has the shape {shown}, but the architecture a_net wants 8 x 3 x 3 x 3" in said
    )


def test_shapes_are_read_without_numbers(tmp_path):
    kinds = {"half": torch.ones(2).bfloat16(), "byte": torch.ones(2, 1).byte()}
    save_file(kinds, tmp_path / "model.safetensors")
    torch.save({"model": kinds, "epoch": 2}, tmp_path / "model.pth")
    for file in ("model.safetensors", "model.pth"):
        found = tensors.shapes_in(tmp_path / file)
        assert {name: (one.sides, one.floating) for name, one in found.items()} == {
            "half": ((2,), True),
            "byte": ((2, 1), False),
        }


def test_whole_numbers_for_floating_ones_are_refused(tmp_path):
    whole = shapes_of(NETWORK | {"bn.weight": torch.ones(8).to(torch.int8)})
    with pytest.raises(UserError, match=r"1 of its tensors hold whole numbers.*bn\.weight"):
        tensors.check_floating(whole, shapes_of(NETWORK), tmp_path)
    tensors.check_floating(shapes_of(NETWORK), shapes_of(NETWORK), tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(UserError, match=r"1 of 3 tensors .*bn\.weight"):
        tensors.check_finite(NETWORK | {"bn.weight": torch.full((8,), value)}, "net")
    tensors.check_finite(NETWORK, "net")
