"""Records become boards: per task and backbone, each arm's curve and what it says of pretraining.

Tables, figures and sentences are made from boards elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.analysis import certificate, crossover, effective
from benchmark.analysis.certificate import Certificate, Retrial
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point, curve
from benchmark.analysis.effective import EffectiveImages
from benchmark.analysis.gains import GainEstimate, Pair, estimates, gain_cells
from benchmark.analysis.retrials import Audits, retrials_of
from benchmark.analysis.scores import Score, accuracy_cells, at_each_n, pairs
from benchmark.defaults import MARGIN
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import StoredRecipe
from benchmark.records.record import DataFacts, Trial

SCRATCH = "scratch"
FINETUNE = "finetune"

ByArm = Mapping[str, Sequence[Score]]


@dataclass(frozen=True)
class Comparison:
    """An arm against scratch."""

    arm: str
    pairs: tuple[Pair, ...]
    """The accuracies that the verdict rests on."""
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
        """Whether another recipe surely does better and moves the verdict."""
        return self.certificate is not None and self.certificate.status == "void"


@dataclass(frozen=True)
class ArmResult:
    """All that is known of one arm."""

    pretrained: bool
    """Whether the arm is pretraining."""
    points: tuple[Point, ...]
    """N increasing."""
    recipes: tuple[StoredRecipe, ...]
    """As used at each N, in the order of the points."""
    seconds: float
    """What its trainings took in all."""
    comparison: Comparison | None = None
    """With scratch; None for scratch itself, and where scratch was not run."""
    over_finetune: tuple[GainEstimate, ...] = ()
    """Paired gain over fine-tuning at each N; empty for scratch, fine-tuning, and without it."""

    def point(self, images_per_class: int) -> Point | None:
        """At one N; None where it was not run, or every trial failed."""
        found = (p for p in self.points if p.images_per_class == images_per_class)
        return next((p for p in found if p.accuracy is not None), None)

    @property
    def tuning_labels(self) -> int | None:
        """Labels of development tasks that its learning rate was chosen on; None without a rate."""
        return self.recipes[0].tuning_labels


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
class Failure:
    """A trial that failed."""

    trial: Trial
    reason: str


@dataclass(frozen=True)
class Board:
    """All that is known of one backbone on one task at one image size."""

    task: str
    backbone: str
    label: str
    pretrained_on: str
    """What the backbone's weights were trained on; all that its records say, if they differ."""
    data: DataFacts
    arms: dict[str, ArmResult]
    """Scratch first, then by name."""
    efforts: tuple[Effort, ...]
    """Sorted by device."""
    seeds: dict[int, int]
    """N -> how many seeds a sweep needs there to hold all of these trials."""
    protocol: int = PROTOCOL
    """Of all of its records."""
    left_out: int = 0
    """Trials that are known from an older protocol, other data or other settings alone."""
    failures: tuple[Failure, ...] = ()
    several_sizes: bool = False
    """Whether the task has boards of other image sizes, too."""

    @property
    def comparisons(self) -> dict[str, Comparison]:
        """Arm -> its comparison with scratch, where there is one."""
        return {name: a.comparison for name, a in self.arms.items() if a.comparison is not None}

    @property
    def sizes(self) -> list[int]:
        """Every N at which some arm was run."""
        return sorted({p.images_per_class for arm in self.arms.values() for p in arm.points})


def boards(
    scores: Iterable[Score], margin: float = MARGIN, audits: Audits | None = None
) -> list[Board]:
    """One board per task, backbone and image size, sorted: of the newest protocol that it has."""
    groups: dict[_Subject, list[Score]] = defaultdict(list)
    for score in scores:
        groups[_subject(score)].append(score)
    pixels = Counter(task for task, _ in {(task, size) for task, _, size in groups})
    return [
        replace(_board(groups[key], margin, audits or {}), several_sizes=pixels[key[0]] > 1)
        for key in sorted(groups)
    ]


_Subject = tuple[str, str, int]


def _subject(score: Score) -> _Subject:
    """What a board is about: task, backbone, image size."""
    return score.trial.task, score.trial.backbone, score.data.image_size


def of_one_protocol(boards: Sequence[Board], uncounted: Collection[str]) -> list[Board]:
    """Those that can be counted together: the others were trained with other recipes.

    Of the protocol with the most boards, those of the tasks ``uncounted`` aside; of equals the
    newest.
    """
    counts = Counter({board.protocol: 0 for board in boards})
    counts.update(board.protocol for board in boards if board.task not in uncounted)
    chosen = max(counts, key=lambda protocol: (counts[protocol], protocol), default=PROTOCOL)
    return [board for board in boards if board.protocol == chosen]


def _board(scores: Sequence[Score], margin: float, audits: Audits) -> Board:
    # So that nothing depends on the order of the files, not even among records of one second.
    scores = sorted(scores, key=lambda s: (s.trial, s.finished, s.fingerprint))
    current = _comparable(scores)
    by_arm: dict[str, list[Score]] = defaultdict(list)
    for score in current:
        by_arm[score.trial.arm].append(score)
    first = current[0]
    return Board(
        task=first.trial.task,
        backbone=first.trial.backbone,
        label=first.backbone_label,
        pretrained_on=" or ".join(sorted({score.pretrained_on for score in current})),
        data=first.data,
        arms={
            arm: _result(arm, by_arm, margin, audits)
            for arm in sorted(by_arm, key=lambda arm: (arm != SCRATCH, arm))
        },
        efforts=_efforts(current, audits),
        seeds={n: 1 + max(s.trial.seed for s in cell) for n, cell in at_each_n(current).items()},
        protocol=first.protocol,
        left_out=len({s.trial for s in scores} - {s.trial for s in current}),
        failures=tuple(Failure(s.trial, s.reason) for s in current if s.reason is not None),
    )


def _comparable(scores: Sequence[Score]) -> list[Score]:
    """The records of the newest protocol and data and, per arm, newest settings.

    Only the budget may be another at each N, or all settings where they were tuned at another size.
    """
    newest = _ground(max(scores, key=lambda s: (s.protocol, s.finished)))
    same = [s for s in scores if _ground(s) == newest]
    by_age = sorted(same, key=lambda s: s.finished)
    settings = {_choice(s): _apart_from_budget(s) for s in by_age}
    labels = {s.trial.arm: s.recipe.tuning_labels for s in by_age}
    kin = [
        s
        for s in by_age
        if (_apart_from_budget(s), s.recipe.tuning_labels)
        == (settings[_choice(s)], labels[s.trial.arm])
    ]
    at_n = {(s.trial.arm, s.trial.images_per_class): s.fingerprint for s in kin}
    with_recipe = {(s.trial.arm, s.recipe): s.fingerprint for s in kin}
    return [
        s
        for s in same
        if s.fingerprint
        == at_n.get((s.trial.arm, s.trial.images_per_class))
        == with_recipe.get((s.trial.arm, s.recipe))
    ]


def _ground(score: Score) -> tuple[int, str]:
    return score.protocol, score.data.hash


def _choice(score: Score) -> tuple[str, int]:
    """Which choice of settings a training belongs to."""
    return score.trial.arm, score.recipe.tuned_at


def _apart_from_budget(score: Score) -> tuple[StoredRecipe, str | None]:
    return score.recipe.without_budget, score.weights_hash


def _result(arm: str, by_arm: ByArm, margin: float, audits: Audits) -> ArmResult:
    scores = by_arm[arm]
    against = by_arm.get(SCRATCH) if arm != SCRATCH else None
    over = by_arm.get(FINETUNE) if arm not in (SCRATCH, FINETUNE) else None
    return ArmResult(
        pretrained=scores[0].pretrained,
        points=curve(scores),
        recipes=tuple(cell[0].recipe for cell in at_each_n(scores).values()),
        seconds=sum(score.seconds for score in scores),
        comparison=None if against is None else _compare(arm, scores, against, margin, audits),
        over_finetune=() if over is None else estimates(gain_cells(pairs(scores, over))),
    )


def _compare(
    arm: str, scores: Sequence[Score], scratch: Sequence[Score], margin: float, audits: Audits
) -> Comparison:
    paired = pairs(scores, scratch)
    cells = gain_cells(paired)
    verdict = crossover.verdict(cells, margin)
    retrials = retrials_of(scores, scratch, certificate.deciding_sizes(verdict), audits)
    trained = [a[0].trial.arm for a in (scratch, scores) if a[0].recipe.steps]
    return Comparison(
        arm,
        tuple(paired),
        verdict,
        effective.effective_images(accuracy_cells(scratch), accuracy_cells(scores)),
        certificate.certify(verdict, cells, retrials, trained) if retrials else None,
        tuple(retrials),
    )


def _efforts(current: Sequence[Score], audits: Audits) -> tuple[Effort, ...]:
    protocol, about = current[0].protocol, _subject(current[0])
    again = [
        score
        for scores in audits.values()
        for score in scores
        if score.protocol == protocol and _subject(score) == about
    ]
    devices = sorted({score.device for score in [*current, *again]})
    return tuple(Effort(d, *_spent(current, d), *_spent(again, d)) for d in devices)


def _spent(scores: Iterable[Score], device: str) -> tuple[int, float]:
    seconds = [score.seconds for score in scores if score.device == device]
    return len(seconds), sum(seconds)
