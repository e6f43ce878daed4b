"""An arm's accuracy over N, and how its trainings went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.effective import AccuracyCell
from benchmark.analysis.scores import Score, at_each_n, succeeded
from benchmark.analysis.stats import ShareEstimate, accuracy_test_variance, share_estimate


@dataclass(frozen=True)
class TrialResult:
    """What one trial gave, and the hashes of what it rests on."""

    seed: int
    accuracy: float | None
    """0..1, over the test images that count; None if it failed."""
    subset_hash: str
    fingerprint: str
    weights_hash: str | None


@dataclass(frozen=True)
class Point:
    """One arm at one N."""

    images_per_class: int
    seeds: int
    estimate: ShareEstimate | None
    """Mean accuracy over seeds, 0..1; None if every trial failed."""
    failed: int
    """Trials that failed here."""
    levelled_off: int
    """Trials whose training loss had levelled off."""
    still_falling: int
    """Trials whose training loss had not; those without a training loss count in neither."""
    steps_saved: float | None
    """Mean share of the budget's steps, 0..1, that early ends left out; None without steps."""
    trials: tuple[TrialResult, ...] = ()
    """Those that failed, too; seed increasing."""
    test_variance: float = 0.0
    """Variance of the mean accuracy because the test set is a sample."""
    seconds: float = 0.0
    """Of one of its trainings, on average."""

    @property
    def accuracy(self) -> float | None:
        """Mean over seeds, 0..1; None if every trial failed."""
        return None if self.estimate is None else self.estimate.mean

    @property
    def low(self) -> float | None:
        """Lower end of its 95% interval, 0..1."""
        return None if self.estimate is None else self.estimate.low

    @property
    def high(self) -> float | None:
        """Upper end, 0..1."""
        return None if self.estimate is None else self.estimate.high

    @property
    def cell(self) -> AccuracyCell:
        """Its accuracies, as curves over N take them."""
        good = [one for one in self.trials if one.accuracy is not None]
        return AccuracyCell(
            images_per_class=self.images_per_class,
            seeds=tuple(one.seed for one in good),
            accuracies=tuple(one.accuracy for one in good if one.accuracy is not None),
            test_variance=self.test_variance,
        )

    @property
    def settled(self) -> bool:
        """Whether every trial succeeded and its training loss had levelled off."""
        return self.seeds == self.levelled_off > 0 and not self.failed

    @property
    def unfinished(self) -> bool:
        """Whether most trainings' loss was still falling: more steps may well do better."""
        return self.still_falling > self.levelled_off


def curve(scores: Iterable[Score]) -> tuple[Point, ...]:
    """One point for each N, N increasing."""
    return tuple(_point(n, cell) for n, cell in at_each_n(scores).items())


def _point(n: int, scores: Sequence[Score]) -> Point:
    good = succeeded(scores)
    failed = len(scores) - len(good)
    trials = tuple(sorted(map(_result, scores), key=lambda trial: trial.seed))
    if not good:
        return Point(n, 0, None, failed, 0, 0, None, trials)
    hits = np.stack([score.hits for score in good])
    test_variance = accuracy_test_variance(hits)
    return Point(
        images_per_class=n,
        seeds=len(good),
        estimate=share_estimate(hits.mean(axis=1).tolist(), test_variance),
        failed=failed,
        levelled_off=sum(score.levelled_off is True for score in good),
        still_falling=sum(score.levelled_off is False for score in good),
        steps_saved=_steps_saved(good),
        trials=trials,
        test_variance=test_variance,
        seconds=float(np.mean([score.seconds for score in good])),
    )


def _result(score: Score) -> TrialResult:
    return TrialResult(
        seed=score.trial.seed,
        accuracy=float(score.hits.mean()) if score.reason is None else None,
        subset_hash=score.subset_hash,
        fingerprint=score.fingerprint,
        weights_hash=score.weights_hash,
    )


def _steps_saved(scores: Sequence[Score]) -> float | None:
    budget = scores[0].recipe.steps
    return 1 - float(np.mean([s.steps for s in scores])) / budget if budget else None
