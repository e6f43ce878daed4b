"""Settings of the arms. A recipe answers for itself: what it costs, and how an audit varies it."""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self, cast, get_type_hints

from benchmark.records.tuned import Tuned

TWICE = "steps-x2"
FULL_BUDGET = "full-budget"
_FACTORS: dict[str, dict[str, float]] = {
    TWICE: {"steps": 2},
    "rate-x3": {"learning_rate": 3.0},
    "rate-div3": {"learning_rate": 1 / 3},
    FULL_BUDGET: {"floor": 0.0},
}
"""Alternative -> the setting that it multiplies. Without a floor no training ends early."""

ALTERNATIVES = tuple(_FACTORS)
"""What an audit tries in place of a recipe."""

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


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: AdamW, linear warm-up, cosine decay to zero."""

    learning_rate: Annotated[float, Setting("highest learning rate of the schedule")]
    steps: Annotated[int, Setting("optimiser steps at most")]
    """For a task with ``budget: 1``."""
    tuning_labels: Annotated[
        int, Setting("labels that the learning rate was chosen on; 0: not tuned")
    ] = 0
    """Labels of development tasks that ``make tune`` chose the rate on; 0: the arm's default."""
    batch_size: Annotated[int, Setting("images per step")] = 32
    weight_decay: Annotated[float, Setting("AdamW's, on matrices and kernels")] = 0.05
    warmup: Annotated[float, Setting("share of the steps in which the rate rises")] = 0.1
    label_smoothing: Annotated[
        float, Setting("share of the label that is spread over all classes")
    ] = 0.0
    floor: Annotated[float, Setting("training loss in nats at which a training ends early")] = 0.005
    """There is nothing left to learn: after two windows (each a fiftieth of the steps) below it, a
    cool-down ends the training. 0: never."""
    frozen_batch_norm: Annotated[
        bool, Setting("whether BatchNorm keeps its pretrained statistics")
    ] = False
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def views(self) -> int:
        """Images that a training sees if it uses its whole budget, repetitions counted."""
        return self.steps * self.batch_size

    def fitted(self, arm: str, tuned: Tuned | None, *, flip: bool, budget: float) -> Self:
        """With the rate tuned for ``arm``, where there is one, and the task's flip and budget."""
        changes: dict[str, Any] = {}
        if tuned is not None and arm in tuned.rates:
            changes = {"learning_rate": tuned.rates[arm], "tuning_labels": tuned.labels}
        return replace(
            self,
            steps=max(1, round(self.steps * budget)),
            augmentation=replace(self.augmentation, flip=flip),
            **changes,
        )

    def with_rate(self, rate: float) -> Self | None:
        """With another learning rate, and without the labels that an earlier choice took."""
        return replace(self, learning_rate=rate, tuning_labels=0)

    def shortened(self, steps: int) -> Self:
        """With so many steps, for a measurement."""
        return replace(self, steps=steps)

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

    def fitted(self, arm: str, tuned: Tuned | None, *, flip: bool, budget: float) -> Self:
        """The same for every task and backbone."""
        return self

    def shortened(self, steps: int) -> Self:
        """The same: there are no steps."""
        return self

    def with_rate(self, rate: float) -> None:
        """None: there is no rate to choose."""

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


def alters(alternative: str, cooled_down: bool) -> bool:
    """Whether a training differs under an alternative.

    Without early ends, one that did not cool down early (``cooled_down``) runs step for step as
    before.
    """
    return alternative != FULL_BUDGET or cooled_down


# As records hold it


def as_stored(recipe: AnyRecipe) -> dict[str, Any]:
    """The recipe as JSON has it, without settings that were added later and are not used."""
    plain: dict[str, Any] = json.loads(json.dumps(_left_in(recipe)))
    return plain


def _left_in(recipe: Any) -> dict[str, Any]:
    settings = dict(settings_of(type(recipe)))
    found = {}
    for one in dataclasses.fields(recipe):
        value = getattr(recipe, one.name)
        setting = settings.get(one.name)
        if setting is None or setting.introduced_with != value:
            found[one.name] = _left_in(value) if dataclasses.is_dataclass(value) else value
    return found


def settings_of(kind: type) -> Iterator[tuple[str, Setting]]:
    """Name and setting of each field of a recipe that is annotated with one, in order."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for found in getattr(hint, "__metadata__", ()):
            if isinstance(found, Setting):
                yield name, found


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
        """Optimiser steps of the whole budget; None for a recipe that has none."""
        steps = self.settings.get("steps")
        return steps if isinstance(steps, int) else None

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

    @functools.cached_property
    def without_budget(self) -> StoredRecipe:
        """All but what may grow with N: the same at every N of an arm."""
        return stored({k: v for k, v in self.settings.items() if k != "steps"})

    def varied(self, alternative: str) -> StoredRecipe | None:
        """As an audit tries it; None where a recipe lacks the setting."""
        if not _FACTORS[alternative].keys() <= self.settings.keys():
            return None
        return stored({**self.settings} | _varied(self.settings, alternative))


def stored(recipe: Mapping[str, Any]) -> StoredRecipe:
    """The recipe of a record; the same object for equal recipes, so that each is parsed once."""
    return _interned(sys.intern(json.dumps(recipe, sort_keys=True)))


@functools.lru_cache(maxsize=4096)
def _interned(text: str) -> StoredRecipe:
    return StoredRecipe(text)


def _varied(settings: Mapping[str, Any], alternative: str) -> dict[str, Any]:
    return {name: settings[name] * factor for name, factor in _FACTORS[alternative].items()}
