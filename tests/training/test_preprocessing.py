import pytest

from benchmark.errors import UserError
from benchmark.training.preprocessing import preprocessing

CONFIG = {
    "mean": [0.4, 0.5, 0.6],
    "std": [0.2, 0.25, 0.3],
    "interpolation": "bilinear",
    "input_size": [3, 32, 32],
}


@pytest.mark.parametrize(
    ("mean", "std"),
    [((0, 0, 0), (1, 1, 1)), ((0.5,) * 3, (0.5,) * 3), ((0, 1, 0.4), (1 / 255,) * 3)],
)
def test_what_networks_have_is_taken(mean, std):
    wanted = preprocessing(CONFIG | {"mean": mean, "std": std}, "net")
    assert (wanted.mean, wanted.std) == (mean, std)


@pytest.mark.parametrize("key", ["mean", "std"])
@pytest.mark.parametrize(
    "value",
    [
        *([-0.1, 0.5, 0.5], [0.5, 0.5, 1.01], [float("nan")] * 3, [float("inf")] * 3),
        *([0.5], [0.5] * 4, 0.5, None, "0.5", ["0.5"] * 3, [True] * 3, {}, [[0.5]] * 3),
    ],
)
def test_what_pixels_do_not_allow_is_refused(key, value):
    with pytest.raises(UserError, match=f"net, pretrained_cfg: {key} cannot be"):
        preprocessing(CONFIG | {key: value}, "net")


@pytest.mark.parametrize("value", [[0, 0, 0], [0.2, 0.0, 0.2], [1e-6] * 3])
def test_a_deviation_of_nothing_is_refused(value):
    with pytest.raises(UserError, match="std cannot be"):
        preprocessing(CONFIG | {"std": value}, "net")


@pytest.mark.parametrize(("key", "value"), [("mean", [123.7, 116.3, 103.5]), ("std", [58.4] * 3)])
def test_numbers_for_pixels_up_to_255_are_to_be_divided(key, value):
    with pytest.raises(UserError, match="divide by 255"):
        preprocessing(CONFIG | {key: value}, "net")


@pytest.mark.parametrize("channels", [1, 4, 12])
def test_another_number_of_channels_is_refused(channels):
    with pytest.raises(UserError, match=f"made for images of {channels} channels"):
        preprocessing(CONFIG | {"input_size": [channels, 32, 32]}, "net")


@pytest.mark.parametrize("value", ["area", "bilineer", "", None, 3, ["bicubic"]])
def test_an_interpolation_that_is_none_is_refused(value):
    with pytest.raises(UserError, match="interpolation"):
        preprocessing(CONFIG | {"interpolation": value}, "net")
