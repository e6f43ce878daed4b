"""What is advised, as numbers and names; the sentences are made in `words`."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.analysis.crossover import Verdict
from benchmark.analysis.learning_curve import Expected


@dataclass(frozen=True)
class Rival:
    """How sure it is that the advised arm is the better one."""

    arm: str
    gain: float
    """Accuracy of the advised arm less that of the rival, on the same images, -1..1."""
    low: float | None
    high: float | None
    """95% interval; None with one seed."""
    better: float | None
    """Probability that the advised arm is better, 0..1; None with one seed."""

    @property
    def is_settled(self) -> bool:
        """Whether the interval lies above zero."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True)
class Now:
    """What to do with as many images as there are."""

    images_per_class: int
    arm: str
    accuracy: float
    """To be expected on new images, 0..1."""
    low: float | None
    high: float | None
    """95% interval; None with one seed."""
    seeds: int
    minutes: float
    """Of one training on one core."""
    rival: Rival | None
    """The best of the others; None where there is none, or the two cannot be compared."""


@dataclass(frozen=True)
class MoreLabels:
    """What more images would bring one arm."""

    arm: str
    expected: tuple[Expected, ...]
    """At twice and four times as many per class: all of them beyond what was measured."""
    pays_until: int | None
    """N from which on twice as many bring less than the margin; None: not within twice as many."""


@dataclass(frozen=True)
class Size:
    """A probe at two image sizes, on the same images."""

    images_per_class: int
    pixels: int
    accuracy: float
    low: float | None
    high: float | None
    larger_pixels: int
    larger_accuracy: float
    larger_low: float | None
    larger_high: float | None
    gain: float
    """Of the larger one."""
    gain_low: float | None
    gain_high: float | None


@dataclass(frozen=True)
class Cost:
    """What the answer took."""

    trainings: int
    core_minutes: float


@dataclass(frozen=True)
class MixedUp:
    """Two classes."""

    label: str
    taken_for: str
    times: int
    share: float
    """Of the images of the class, 0..1."""


@dataclass(frozen=True)
class Wrong:
    """A test image that no training got right."""

    name: str
    label: str
    taken_for: str
    agreed: float
    """Share of the trainings that said so."""
    position: int
    """Among the test images that count."""


@dataclass(frozen=True)
class Uneven:
    """The smallest and the largest class."""

    smallest: str
    smallest_images: int
    largest: str
    largest_images: int


@dataclass(frozen=True)
class Caveats:
    """What matters here; what does not is None or empty."""

    test_images: int
    test_images_for_half: int | None
    """About so many would make the interval half as wide; None where it is narrow enough."""
    leaked: int
    """Test images that are training images; no number here counts them."""
    still_learning: tuple[str, ...]
    """Arms most of whose trainings had not levelled off."""
    mixed_up: tuple[MixedUp, ...] = ()
    always_wrong: tuple[Wrong, ...] = ()
    always_wrong_in_all: int = 0
    trainings: int = 0
    """That the images and classes above were seen by."""
    uneven: Uneven | None = None
    notes: tuple[str, ...] = ()
    """Of whoever planned the run: what was left out or made smaller, and why."""


@dataclass(frozen=True)
class Advice:
    """All of it, for one task and backbone."""

    task: str
    backbone: str
    label: str
    image_size: int
    train_images: int
    test_images: int
    margin: float
    now: Now | None
    """None where no training succeeded."""
    more_labels: tuple[MoreLabels, ...]
    """One for each arm whose curve can be continued."""
    pretraining: Verdict | None
    pretrained_arm: str | None
    void: bool
    """Whether another recipe moved that verdict."""
    size: Size | None
    cost: Cost
    caveats: Caveats = field(repr=False)
