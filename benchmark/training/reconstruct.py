"""A network learns to compress images: it reconstructs them, partly hidden, without labels.

A denoising autoencoder (Vincent et al. 2008) whose noise are hidden squares (as in Pathak et al.
2016, "Context encoders"), with the light decoder of SimMIM (Xie et al. 2022): each place of the
backbone's last feature map paints its own square of the image.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmark.errors import UserError
from benchmark.records.own_recipes import ReconstructionRecipe
from benchmark.records.record import Training
from benchmark.training.fit import subset_pixels, unlabelled_pixels
from benchmark.training.loop import Objective, Pixels, train
from benchmark.training.work import Work

_SQUARES = 8
"""Along each side of an image, to be hidden or shown."""
_SAMPLE = 256
"""Images whose pixels' variance stands for that of all."""


class Autoencoder(nn.Module):
    """The encoder's last feature map, painted as an image; ``hidden`` channels in between."""

    def __init__(self, encoder: nn.Module, example: Tensor, hidden: int) -> None:
        super().__init__()
        self.encoder = encoder.eval()  # one image is no batch to take statistics of
        with torch.no_grad():
            channels, height = self._map(example).shape[1:3]
        square = math.ceil(example.shape[2] / height)
        self.decoder = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.GELU(),
            nn.Conv2d(hidden, 3 * square**2, 1),
            nn.PixelShuffle(square),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Float, ``[n, 3, side, side]``, as the images are."""
        painted: Tensor = self.decoder(self._map(images))
        if painted.shape == images.shape:
            return painted
        return functional.interpolate(painted, images.shape[2:], mode="bilinear")

    def _map(self, images: Tensor) -> Tensor:
        """``[n, channels, height, width]``, whatever the layout that the network has."""
        found: object = self.encoder.forward_features(images)  # type: ignore[operator]
        if not isinstance(found, Tensor) or found.ndim not in (3, 4):
            raise UserError(
                "the backbone has no feature map to paint an image from",
                mend="take another backbone, or leave the autoencoder's arms out",
            )
        if found.ndim == 3:
            return _as_map(found[:, int(getattr(self.encoder, "num_prefix_tokens", 0)) :])
        last = getattr(self.encoder, "output_fmt", "NCHW") == "NHWC"
        return found.permute(0, 3, 1, 2) if last else found


def _as_map(tokens: Tensor) -> Tensor:
    """Tokens ``[n, places, channels]`` in rows; what is too many for a square stands before it."""
    side = math.isqrt(tokens.shape[1])
    return tokens[:, -(side**2) :].transpose(1, 2).reshape(len(tokens), -1, side, side)


def hide(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A copy in which about a ``share`` of the squares of each image has the mean colour.

    Drawn on the CPU so that devices agree.
    """
    shown = torch.rand(len(images), 1, _SQUARES, _SQUARES, generator=generator) >= share
    return images * functional.interpolate(shown.to(images), images.shape[2:])


def reconstruction(share: float, generator: torch.Generator) -> Objective:
    """Mean squared error of what is painted for images of which a ``share`` is hidden.

    Over the whole images, in the units of normalised pixels.
    """

    def objective(model: nn.Module, batch: Tensor, chosen: Tensor) -> Tensor:
        return functional.mse_loss(model(hide(batch, share, generator)), batch)

    return objective


def compress(model: nn.Module, work: Work[ReconstructionRecipe]) -> None:
    """Trains ``model`` in place, but for its classifier, to reconstruct the recipe's images.

    Raises `DivergedError` where the loss is not finite.
    """
    takes_all = work.recipe.pretraining_images == "all"
    pixels = unlabelled_pixels(work) if takes_all else subset_pixels(work)
    training = pretrain(model, pixels, work.recipe, work.seed)
    if work.onlooker is not None:
        some = pixels.batch(torch.linspace(0, len(pixels.images) - 1, _SAMPLE).long())
        work.onlooker.reconstructed(1 - training.losses[-1] / float(some.var(correction=0)))


def pretrain(model: nn.Module, pixels: Pixels, recipe: ReconstructionRecipe, seed: int) -> Training:
    """Trains ``model`` in place, but for its classifier, to reconstruct ``pixels``."""
    autoencoder = Autoencoder(model, pixels.batch(slice(1)), recipe.decoder)
    autoencoder.to(pixels.images.device)
    order, masks = (torch.Generator().manual_seed(seed) for _ in range(2))
    return train(autoencoder, pixels, reconstruction(recipe.mask, masks), recipe.first, order)
