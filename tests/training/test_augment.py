import pytest
import torch

from benchmark.records.recipe import Augmentation
from benchmark.training.augment import augment

STILL = Augmentation(shift=0, zoom=0, turn=0, flip=False)


def noise(count=6, side=12):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(7))


def changed(batch, how, seed=0, side=None):
    return augment(batch, how, torch.Generator().manual_seed(seed), side or batch.shape[-1])


def left_of(batch):
    return batch[..., : batch.shape[-1] // 2].mean()


def test_without_changes_the_images_stay_as_they_are():
    assert torch.allclose(changed(noise(), STILL), noise(), atol=1e-5)


def test_the_given_images_are_left_alone():
    batch = noise()
    changed(batch, Augmentation(flip=True))
    assert torch.equal(batch, noise())


def test_the_same_generator_gives_the_same_images():
    how = Augmentation(flip=True)
    assert torch.equal(changed(noise(), how, 3), changed(noise(), how, 3))
    assert not torch.equal(changed(noise(), how, 3), changed(noise(), how, 4))


@pytest.mark.parametrize("how", [Augmentation(), Augmentation(0.5, 0.9, 180, True)])
def test_values_stay_within_those_of_the_images(how):
    made = changed(noise(64), how)
    assert made.min() >= noise(64).min()
    assert made.max() <= noise(64).max()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_shape_and_type_are_kept(layout):
    made = changed(noise(5, 9).contiguous(memory_format=layout), Augmentation(flip=True))
    assert (made.shape, made.dtype) == ((5, 3, 9, 9), torch.float32)


def test_an_image_shown_at_half_its_side_is_the_mean_of_fours():
    batch = noise()
    fours = torch.nn.functional.avg_pool2d(batch, 2)
    assert torch.allclose(changed(batch, STILL, side=6), fours, atol=1e-5)


def test_another_side_shows_the_same_changes():
    smooth = torch.nn.functional.interpolate(noise(6, 3), 32, mode="bilinear")
    whole, half = (changed(smooth, Augmentation(), 3, side) for side in (32, 16))
    assert torch.allclose(torch.nn.functional.avg_pool2d(whole, 2), half, atol=0.1)


def test_images_are_mirrored_half_of_the_time_where_that_is_allowed():
    still_or_mirrored = Augmentation(shift=0, zoom=0, turn=0, flip=True)
    batch = noise(400)
    made = changed(batch, still_or_mirrored)
    still = [torch.allclose(a, b, atol=1e-5) for a, b in zip(made, batch, strict=True)]
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-5) for a, b in zip(made, batch, strict=True)]
    assert all(a != b for a, b in zip(still, mirrored, strict=True))
    assert 150 < sum(mirrored) < 250


def test_no_image_is_mirrored_where_that_is_not_allowed():
    half_bright = torch.zeros(200, 3, 16, 16)
    half_bright[..., 8:] = 1
    made = changed(half_bright, Augmentation(flip=False))
    assert all(left_of(image) < 0.5 < 1 - left_of(image) for image in made)


def test_a_draw_of_exactly_one_half_still_gives_an_image(monkeypatch):
    image = noise(1)
    monkeypatch.setattr(torch, "rand", lambda *shape, generator: torch.full(shape, 0.5))
    made = changed(image, Augmentation(flip=True))
    assert any(torch.allclose(made, one, atol=1e-5) for one in (image, image.flip(-1)))


def test_shifts_stay_within_the_share_of_the_side():
    dot = torch.zeros(100, 1, 20, 20)
    dot[..., 10, 10] = 1
    made = changed(dot, Augmentation(shift=0.1, zoom=0, turn=0))
    rows, columns = made.amax(dim=(0, 1)).nonzero().T
    assert rows.min() >= 8
    assert rows.max() <= 13
    assert columns.max() <= 13
    assert len(columns.unique()) >= 3


def test_every_image_gets_a_change_of_its_own():
    made = changed(noise(1).expand(8, -1, -1, -1).contiguous(), Augmentation())
    assert len({image.sum().item() for image in made}) == 8
