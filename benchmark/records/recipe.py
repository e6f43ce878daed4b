"""Settings of the arms. A recipe answers for itself: what it costs, and how an audit varies it."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self, cast, get_type_hints

TWICE = "steps-x2"
FULL_BUDGET = "full-budget"
_FACTORS: dict[str, dict[str, float]] = {
    TWICE: {"steps": 2, "views": 2},
    "rate-x3": {"learning_rate": 3.0},
    "rate-div3": {"learning_rate": 1 / 3},
    FULL_BUDGET: {"floor": 0.0},
}
"""Alternative -> the setting that it multiplies, by each name that a recipe may have for it.
Without a floor no training ends early."""

ALTERNATIVES = tuple(_FACTORS)
"""What an audit tries in place of a recipe."""

_BUDGET = ("steps", "views")
"""What a budget is stored as: protocol 1 counted optimiser steps."""
_ALWAYS = object()


@dataclass(frozen=True)
class Setting:
    """What a field of a recipe is."""

    meaning: str
    """A few words for a table."""
    introduced_with: Any = _ALWAYS
    """For a field that came after records were made without it: the value that those had. While the
    field has it, records and fingerprints leave it out, and nothing that is stored goes stale."""


@dataclass(frozen=True)
class Augmentation:
    """Random small affine changes: letters stay letters. Flips only where the task allows them."""

    shift: Annotated[float, Setting("largest shift, share of the side")] = 0.1
    """In each direction."""
    zoom: Annotated[float, Setting("largest change of scale, share of the side")] = 0.15
    """The side of the visible window varies by this share around the whole image."""
    turn: Annotated[float, Setting("largest rotation in degrees")] = 10.0
    flip: Annotated[bool, Setting("whether half of the images are mirrored")] = False


_AUGMENTATION = frozenset(one.name for one in dataclasses.fields(Augmentation))

Optimiser = Literal["muon", "adamw"]

Can = Callable[[str], bool]
"""Whether a network can follow a recipe's setting of this name."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: a short warm-up, a constant rate, a linear cool-down to zero.

    Nothing before the cool-down depends on the budget, so a longer training is a shorter one
    continued (Haegele et al. 2024, "Scaling laws and compute-optimal training beyond fixed training
    durations").
    """

    learning_rate: Annotated[float, Setting("highest learning rate of the schedule")]
    views: Annotated[int, Setting("training images seen at most, augmented copies counted")]
    """For a task with ``budget: 1``."""
    tuning_labels: Annotated[
        int, Setting("labels that the settings were chosen on; 0: not tuned")
    ] = 0
    """Labels of development tasks that ``make tune`` chose on; 0: the arm's default."""
    tuned_at: Annotated[
        int, Setting("images per class that the settings were chosen at; 0: not tuned", 0)
    ] = 0
    """Records of an arm whose settings were chosen at one size have the same settings."""
    settings_of: Annotated[
        str, Setting("arm whose tuned settings these are; none: its own", "")
    ] = ""
    """An arm for which nothing was chosen may take what was chosen for another."""
    optimiser: Annotated[
        Optimiser,
        Setting("muon: orthogonalised momentum for kernels and matrices, AdamW for the rest"),
    ] = "muon"
    batch_size: Annotated[int, Setting("images per step")] = 64
    weight_decay: Annotated[float, Setting("on matrices and kernels, decoupled")] = 0.05
    warmup: Annotated[int, Setting("views in which the rate rises (protocol 1: share)")] = 3_200
    cooldown: Annotated[float, Setting("share of the views in which the rate falls to zero")] = 0.3
    trunk_scale: Annotated[
        float, Setting("side of the images before the cool-down, as a share of the image size")
    ] = 1.0
    label_smoothing: Annotated[
        float, Setting("share of the label that is spread over all classes")
    ] = 0.0
    floor: Annotated[
        float, Setting("training loss in nats at which the cool-down begins early")
    ] = 0.02
    """There is nothing left to learn after two windows (see `schedule`) below it. 0: never."""
    floor_after: Annotated[int, Setting("views before which no cool-down begins early")] = 19_200
    frozen_batch_norm: Annotated[
        bool, Setting("whether BatchNorm keeps its pretrained statistics")
    ] = False
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole budget."""
        return math.ceil(self.views / self.batch_size)

    @property
    def all_views(self) -> int:
        """Views at most, those of a training before it included."""
        return self.views

    @property
    def trunk(self) -> Self | None:
        """All that decides a training before its cool-down, and nothing of when that begins.

        None where what comes before it depends on the budget.
        """
        return replace(self, views=0, cooldown=0.0, floor=0.0, floor_after=0)

    def fitted(self, chosen: Mapping[str, Any], *, flip: bool, budget: float, can: Can) -> Self:
        """With the settings ``chosen`` for its arm and backbone, and what the task needs.

        The network ``can`` have its images shrunk before the cool-down, or sees them whole.
        """
        settings = dict(chosen)
        scale = settings.pop("trunk_scale", self.trunk_scale)
        turned = {k: settings.pop(k) for k in list(settings) if k in _AUGMENTATION}
        return replace(
            self,
            views=max(1, round(self.views * budget)),
            trunk_scale=scale if can("trunk_scale") else 1.0,
            augmentation=replace(self.augmentation, flip=flip, **turned),
            **settings,
        )

    def at_most(self, views: int) -> Self | None:
        """With no larger budget than ``views``."""
        return replace(self, views=min(self.views, views))

    def shortened(self, steps: int) -> Self:
        """With so many steps, for a measurement."""
        return replace(self, views=steps * self.batch_size)

    def varied(self, alternative: str) -> Self | None:
        """As an audit tries it."""
        return replace(self, **_varied(vars(self), alternative))


@dataclass(frozen=True)
class ProbeRecipe:
    """How a classifier is fitted on frozen features: logistic regression, C chosen by folds.

    There are no optimiser steps, and nothing for an audit to vary.
    """

    strengths: Annotated[
        tuple[float, ...], Setting("candidates for C of the logistic regression")
    ] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
    """scikit-learn's C (inverse regularisation) on standardised features."""
    folds: Annotated[int, Setting("folds that choose C")] = 5
    """Folds inside the N x C images; fewer where N is smaller."""
    fallback: Annotated[float, Setting("C where N is too small for folds")] = 0.01
    smallest_n: Annotated[int, Setting("smallest N at which folds choose C")] = 3

    steps: ClassVar[int] = 0
    views: ClassVar[int] = 0
    all_views: ClassVar[int] = 0
    trunk: ClassVar[None] = None

    def fitted(self, chosen: Mapping[str, Any], *, flip: bool, budget: float, can: Can) -> Self:
        """The same for every task and backbone."""
        return self

    def shortened(self, steps: int) -> Self:
        """The same: there are no steps."""
        return self

    def at_most(self, views: int) -> None:
        """None: there are no views, and no settings to choose by training."""

    def varied(self, alternative: str) -> None:
        """None: an audit has nothing to try."""


AnyRecipe = Recipe | ProbeRecipe

Rule = Callable[[int, int], AnyRecipe]
"""N and the number of classes -> the recipe for it: a budget, say, that grows with the images."""


def always(recipe: AnyRecipe) -> Rule:
    """The same recipe at every N."""
    return lambda images_per_class, classes: recipe


def reaches_floor(losses: Sequence[float], floor: float) -> bool:
    """Whether two mean losses of windows in a row are below ``floor``."""
    return any(one < floor and other < floor for one, other in pairwise(losses))


def alters(alternative: str, cooled_down: bool, protocol: int) -> bool:
    """Whether a training differs under an alternative.

    Without early ends, one that did not cool down early (``cooled_down``) runs step for step as
    before. So does with twice the views one that did, but under protocol 1, where all rates
    depended on the budget.
    """
    if alternative == TWICE:
        return protocol == 1 or not cooled_down
    return alternative != FULL_BUDGET or cooled_down


# As records hold it


def as_stored(recipe: AnyRecipe) -> dict[str, Any]:
    """The recipe as JSON has it, without settings that were added later and are not used."""
    plain: dict[str, Any] = json.loads(json.dumps(_left_in(recipe)))
    return plain


def _left_in(recipe: Any) -> dict[str, Any]:
    settings = dict(settings_of(recipe.__class__))
    found = {}
    for one in dataclasses.fields(recipe):
        value = getattr(recipe, one.name)
        setting = settings.get(one.name)
        if setting is None or setting.introduced_with != value:
            found[one.name] = _left_in(value) if dataclasses.is_dataclass(value) else value
    return found


@functools.cache  # evaluating annotations would take most of the time of planning
def settings_of(kind: type) -> tuple[tuple[str, Setting], ...]:
    """Name and setting of each field of a recipe that is annotated with one, in order."""
    return tuple(
        (name, found)
        for name, hint in get_type_hints(kind, include_extras=True).items()
        for found in getattr(hint, "__metadata__", ())
        if isinstance(found, Setting)
    )


@dataclass(frozen=True)
class StoredRecipe:
    """A recipe as a record holds it, of whatever kind and version. Equal recipes are equal."""

    text: str
    """JSON with sorted keys."""

    @functools.cached_property
    def settings(self) -> Mapping[str, Any]:
        """Name -> value; a nested recipe is a mapping of its own."""
        return cast(Mapping[str, Any], json.loads(self.text))

    @property
    def steps(self) -> int | None:
        """Optimiser steps of the whole budget; None for a recipe without one that makes sense."""
        steps, views, batch = map(self.settings.get, ("steps", "views", "batch_size"))
        if isinstance(views, int) and isinstance(batch, int) and batch > 0:
            return math.ceil(views / batch)
        return steps if isinstance(steps, int) else None

    @property
    def has_budget(self) -> bool:
        """Whether it says how long a training is, whatever it says."""
        return any(name in self.settings for name in _BUDGET)

    @property
    def floor(self) -> float | None:
        """Training loss at which a training ends early; None for a recipe that has none."""
        floor = self.settings.get("floor")
        return floor if isinstance(floor, float) else None

    @property
    def tuning_labels(self) -> int | None:
        """Labels that its rate was chosen on; None for a recipe without a rate."""
        labels = self.settings.get("tuning_labels")
        return labels if isinstance(labels, int) else None

    @property
    def tuned_at(self) -> int:
        """Images per class that its settings were chosen at; 0 where one choice is for every N."""
        size = self.settings.get("tuned_at", 0)
        return size if isinstance(size, int) else 0

    @functools.cached_property
    def without_budget(self) -> StoredRecipe:
        """All but what may grow with N: the same for records of an arm and one `tuned_at`."""
        return stored({k: v for k, v in self.settings.items() if k not in _BUDGET})

    def varied(self, alternative: str) -> StoredRecipe | None:
        """As an audit tries it; None where a recipe lacks the setting."""
        changes = _varied(self.settings, alternative)
        return stored({**self.settings} | changes) if changes else None


def stored(recipe: Mapping[str, Any]) -> StoredRecipe:
    """The recipe of a record; the same object for equal recipes, so that each is parsed once."""
    return _interned(sys.intern(json.dumps(recipe, sort_keys=True)))


@functools.lru_cache(maxsize=4096)
def _interned(text: str) -> StoredRecipe:
    return StoredRecipe(text)


def _varied(settings: Mapping[str, Any], alternative: str) -> dict[str, Any]:
    factors = _FACTORS[alternative].items()
    return {name: settings[name] * factor for name, factor in factors if name in settings}
