"""Records become boards: per task and backbone, each arm's curve and what it says of pretraining.

Knows neither HTML nor torch. Tables and figures are made from boards elsewhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.analysis import certificate, crossover, effective, stats
from benchmark.analysis.certificate import Certificate, Retrial
from benchmark.analysis.crossover import GainEstimate, Verdict
from benchmark.analysis.effective import EffectiveImages
from benchmark.analysis.retrials import Audits, retrials_of
from benchmark.analysis.scores import Score, accuracy_cells, at_each_n, gain_cells, succeeded
from benchmark.records.record import DataFacts

SCRATCH = "scratch"
FINETUNE = "finetune"


@dataclass(frozen=True)
class Point:
    """One arm at one N."""

    images_per_class: int
    seeds: int
    accuracy: float | None
    """Mean over seeds, 0..1; None if every trial failed."""
    low: float | None
    high: float | None
    failed: int
    """Trials that failed here."""
    levelled_off: int
    """Trials whose training loss had levelled off."""
    still_falling: int
    """Trials whose training loss had not; those without a training loss count in neither."""
    steps_saved: float | None
    """Mean share of the budget's steps, 0..1, that early ends left out; None without steps."""

    @property
    def settled(self) -> bool:
        """Whether every trial succeeded and its training loss had levelled off."""
        return self.seeds == self.levelled_off > 0 and not self.failed

    @property
    def unfinished(self) -> bool:
        """Whether most trainings' loss was still falling: more steps may well do better."""
        return self.still_falling > self.levelled_off


@dataclass(frozen=True)
class Effort:
    """What was spent on one kind of machine."""

    device: str
    """As the records name it, e.g. ``cpu, AMD EPYC 7B13, x86_64``."""
    trials: int
    seconds: float
    """Training time, summed over trials."""
    audit_trials: int
    """Trials that were run again with other recipes."""
    audit_seconds: float


@dataclass(frozen=True)
class Comparison:
    """A pretrained arm against scratch."""

    arm: str
    verdict: Verdict
    effective: tuple[EffectiveImages, ...]
    certificate: Certificate | None
    """None where nothing was audited."""
    retrials: tuple[Retrial, ...]
    """The deciding cells under other recipes."""

    @property
    def holds(self) -> bool:
        """Whether the verdict was audited and survived every other recipe."""
        return self.certificate is not None and self.certificate.status == "holds"

    @property
    def is_void(self) -> bool:
        """Whether another recipe does better and moves the verdict."""
        return self.certificate is not None and self.certificate.status == "void"


@dataclass(frozen=True)
class Board:
    """All that is known of one backbone on one task."""

    task: str
    backbone: str
    label: str
    data: DataFacts
    curves: dict[str, tuple[Point, ...]]
    """Arm to its points, N increasing."""
    comparisons: dict[str, Comparison]
    """Pretrained arm to its comparison; empty without scratch."""
    tuning_labels: dict[str, int]
    """Arm to the labels of development tasks that its learning rate was chosen on."""
    clean_accuracy: dict[str, float]
    """Arm to its mean accuracy at the largest N without test images that are training images too;
    empty where there are none, or nothing but such."""
    seconds: dict[str, float]
    """Arm to the seconds its trainings took in all."""
    efforts: tuple[Effort, ...]
    """Sorted by device."""
    seeds: int
    """How many seeds a sweep needs to hold all of these trials."""
    recipes: dict[str, str]
    """Arm to its recipe as JSON."""
    over_finetune: dict[str, tuple[GainEstimate, ...]]
    """Every other pretrained arm to its paired gain over fine-tuning at each N."""
    notes: tuple[str, ...]
    """What a reader has to know: failures, records left out, arms that were not tuned."""


def boards(
    scores: Iterable[Score], margin: float = 0.01, audits: Audits | None = None
) -> list[Board]:
    """One board per task and backbone, sorted by name."""
    groups: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in scores:
        groups[score.trial.task, score.trial.backbone].append(score)
    return [_board(groups[key], margin, audits or {}) for key in sorted(groups)]


def _board(scores: Sequence[Score], margin: float, audits: Audits) -> Board:
    # So that nothing depends on the order of the files, not even among records of one second.
    scores = sorted(scores, key=lambda s: (s.trial, s.finished, s.fingerprint))
    current = _comparable(scores)
    by_arm: dict[str, list[Score]] = defaultdict(list)
    for score in current:
        by_arm[score.trial.arm].append(score)
    arms = sorted(by_arm, key=lambda arm: (arm != SCRATCH, arm))
    pretrained = [arm for arm in arms if arm != SCRATCH and SCRATCH in by_arm]
    first = current[0]
    return Board(
        task=first.trial.task,
        backbone=first.trial.backbone,
        label=first.backbone_label,
        data=first.data,
        curves={arm: _curve(by_arm[arm]) for arm in arms},
        comparisons={
            arm: _compare(arm, by_arm[arm], by_arm[SCRATCH], margin, audits) for arm in pretrained
        },
        tuning_labels={arm: _tuning_labels(by_arm[arm][0]) for arm in arms},
        clean_accuracy=_clean_accuracies(by_arm),
        seconds={arm: sum(score.seconds for score in by_arm[arm]) for arm in arms},
        efforts=_efforts(current, audits),
        seeds=1 + max(score.trial.seed for score in current),
        recipes={arm: by_arm[arm][0].recipe for arm in arms},
        over_finetune=_over_finetune(by_arm),
        notes=(
            *_left_out(scores, current),
            *_failures(current),
            *_untuned(by_arm),
            *_leaks(by_arm),
        ),
    )


def _comparable(scores: Sequence[Score]) -> list[Score]:
    """The records of the newest data and image size and, per arm, of the newest settings."""
    newest = max(scores, key=lambda s: s.finished).data
    same = [
        s for s in scores if (s.data.hash, s.data.image_size) == (newest.hash, newest.image_size)
    ]
    latest: dict[str, Score] = {}
    for score in sorted(same, key=lambda s: s.finished):
        latest[score.trial.arm] = score
    return [s for s in same if s.fingerprint == latest[s.trial.arm].fingerprint]


def _efforts(current: Sequence[Score], audits: Audits) -> tuple[Effort, ...]:
    trial = current[0].trial
    again = [
        score
        for scores in audits.values()
        for score in scores
        if (score.trial.task, score.trial.backbone) == (trial.task, trial.backbone)
    ]
    devices = sorted({score.device for score in [*current, *again]})
    return tuple(Effort(d, *_spent(current, d), *_spent(again, d)) for d in devices)


def _spent(scores: Iterable[Score], device: str) -> tuple[int, float]:
    seconds = [score.seconds for score in scores if score.device == device]
    return len(seconds), sum(seconds)


def _over_finetune(by_arm: Mapping[str, Sequence[Score]]) -> dict[str, tuple[GainEstimate, ...]]:
    return {
        arm: tuple(map(crossover.estimate, gain_cells(scores, by_arm[FINETUNE])))
        for arm, scores in sorted(by_arm.items())
        if FINETUNE in by_arm and arm not in (SCRATCH, FINETUNE)
    }


def _left_out(scores: Sequence[Score], current: Sequence[Score]) -> list[str]:
    count = len(scores) - len(current)
    if not count:
        return []
    return [f"{count} records with other data, image size or settings are left out; run again"]


def _failures(scores: Sequence[Score]) -> list[str]:
    return [
        f"{s.trial.arm}, N={s.trial.images_per_class}, seed {s.trial.seed} failed: {s.reason}"
        for s in scores
        if s.reason is not None
    ]


def _tuning_labels(score: Score) -> int:
    return int(json.loads(score.recipe).get("tuning_labels", 0))


def _clean_accuracies(by_arm: Mapping[str, Sequence[Score]]) -> dict[str, float]:
    first = next(iter(by_arm.values()))[0].data
    kept = np.setdiff1d(np.arange(first.test_images), first.test_in_train)
    if len(kept) in (0, first.test_images):
        return {}
    return {arm: _accuracy_on(kept, scores) for arm, scores in by_arm.items() if succeeded(scores)}


def _accuracy_on(kept: NDArray[np.int64], scores: Iterable[Score]) -> float:
    largest = list(at_each_n(succeeded(scores)).values())[-1]
    return float(np.mean([score.hits[kept].mean() for score in largest]))


def _leaks(by_arm: Mapping[str, Sequence[Score]]) -> list[str]:
    facts = next(iter(by_arm.values()))[0].data
    count, clean = len(facts.test_in_train), _clean_accuracies(by_arm)
    if not count:
        return []
    if count == facts.test_images:
        return ["all test images are also training images: these accuracies measure memory"]
    shown = ", ".join(f"{arm} {100 * accuracy:.1f}%" for arm, accuracy in clean.items())
    return [
        f"{count} test images are also training images; at the largest N without them: "
        f"{shown or 'no trial succeeded'}"
    ]


def _untuned(by_arm: dict[str, list[Score]]) -> list[str]:
    arms = [arm for arm, s in by_arm.items() if json.loads(s[0].recipe).get("tuning_labels") == 0]
    if not arms:
        return []
    return [f"learning rate not tuned for this backbone ({', '.join(arms)}): make tune"]


def _curve(scores: Sequence[Score]) -> tuple[Point, ...]:
    return tuple(_point(n, cell) for n, cell in at_each_n(scores).items())


def _point(n: int, scores: Sequence[Score]) -> Point:
    good = succeeded(scores)
    failed = len(scores) - len(good)
    if not good:
        return Point(n, 0, None, None, None, failed, 0, 0, None)
    hits = np.stack([score.hits for score in good])
    variance = stats.accuracy_test_variance(hits)
    mean, low, high = stats.mean_interval(hits.mean(axis=1).tolist(), variance)
    return Point(
        images_per_class=n,
        seeds=len(good),
        accuracy=mean,
        low=_bounded(low),
        high=_bounded(high),
        failed=failed,
        levelled_off=sum(score.levelled_off is True for score in good),
        still_falling=sum(score.levelled_off is False for score in good),
        steps_saved=_steps_saved(good),
    )


def _steps_saved(scores: Sequence[Score]) -> float | None:
    budget = json.loads(scores[0].recipe).get("steps")
    return 1 - float(np.mean([s.steps for s in scores])) / budget if budget else None


def _bounded(accuracy: float | None) -> float | None:
    return None if accuracy is None else min(1.0, max(0.0, accuracy))


def _compare(
    arm: str,
    pretrained: Sequence[Score],
    scratch: Sequence[Score],
    margin: float,
    audits: Audits,
) -> Comparison:
    cells = gain_cells(pretrained, scratch)
    verdict = crossover.verdict(cells, margin)
    retrials = retrials_of(pretrained, scratch, certificate.deciding_sizes(verdict), audits)
    trained = [a[0].trial.arm for a in (scratch, pretrained) if "steps" in json.loads(a[0].recipe)]
    return Comparison(
        arm,
        verdict,
        effective.effective_images(accuracy_cells(scratch), accuracy_cells(pretrained)),
        certificate.certify(verdict, cells, retrials, trained) if retrials else None,
        tuple(retrials),
    )
