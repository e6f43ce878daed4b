"""Recipes of arms that have settings of their own beside those of every training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from benchmark.records.recipe import Can, ProbeRecipe, Recipe, Setting

RATES = ("drop_rate", "drop_path_rate")
"""As timm calls them."""


@dataclass(frozen=True)
class DroppingRecipe(Recipe):
    """What is dropped at random while the network trains, as far as it has it to drop.

    Dropout (Srivastava et al. 2014) where timm's networks have it, before the classifier, and
    stochastic depth (Huang et al. 2016), whose rate rises from block to block.
    """

    drop_rate: Annotated[float, Setting("share of the classifier's inputs that is dropped")] = 0.2
    drop_path_rate: Annotated[
        float, Setting("share of the images for which the last block is left out")
    ] = 0.1

    def fitted(self, chosen: Mapping[str, Any], *, flip: bool, budget: float, can: Can) -> Self:
        """As every recipe; a rate that the network does not have is 0."""
        made = super().fitted(chosen, flip=flip, budget=budget, can=can)
        lacking: dict[str, Any] = {name: 0.0 for name in RATES if not can(name)}
        return replace(made, **lacking)

    @property
    def rates(self) -> dict[str, float]:
        """Those above 0, by timm's names."""
        return {name: rate for name in RATES if (rate := getattr(self, name))}


@dataclass(frozen=True)
class HeadFirstRecipe(Recipe):
    """A classifier is fitted on frozen features before everything is trained."""

    probe: ProbeRecipe = field(default_factory=ProbeRecipe)


@dataclass(frozen=True)
class ReconstructionRecipe(Recipe):
    """The network learns to reconstruct images without their labels before it is trained on labels.

    Both trainings have the same settings, but that the first never ends early.
    """

    pretraining: Annotated[
        float, Setting("views of the pre-training, as a multiple of `views`")
    ] = 1.0
    pretraining_images: Annotated[
        Literal["subset", "all"],
        Setting("images of the pre-training: the subset's, or all training images of the task"),
    ] = "subset"
    mask: Annotated[float, Setting("share of each image that is hidden in the pre-training")] = 0.5
    decoder: Annotated[int, Setting("channels of the decoder's hidden layer")] = 128

    @property
    def all_views(self) -> int:
        """Views at most, those of the pre-training included."""
        return self.views + self.first.views

    @property
    def trunk(self) -> None:
        """None: the pre-training grows with the budget."""
        return None

    @property
    def first(self) -> Self:
        """That of the pre-training."""
        return replace(self, views=max(1, round(self.pretraining * self.views)), floor=0.0)
