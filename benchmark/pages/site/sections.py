"""What the page tells of each task, of each backbone on it, and of each N."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmark.analysis.board import ArmResult, Board
from benchmark.analysis.curves import Point, TrialResult
from benchmark.errors import one_line
from benchmark.pages import recipes, reproduce, tables, verdicts, words
from benchmark.pages.printer import Grid
from benchmark.pages.site.rows import key
from benchmark.pages.site.samples import Sample
from benchmark.tasks.definition.schema import Task

SHORT = 12
"""Digits of the hash of a subset: enough to tell subsets apart."""


@dataclass(frozen=True)
class ArmAtSize:
    """An arm's trials at one N."""

    arm: str
    accuracies: tuple[str, ...]
    """In percent, one for each seed of the `Size`; empty where the seed was not run."""
    levelled_off: str
    settings: str
    """Of its recipe, those that are others at other N."""
    fingerprint: str
    certificate: str


@dataclass(frozen=True)
class Size:
    """All arms at one N: a cell of the leaderboard's grid."""

    images_per_class: int
    shown: tuple[str, ...]
    """As `tables.accuracy_grid` shows it."""
    seeds: tuple[int, ...]
    subsets: tuple[str, ...]
    """Hash of the training images of each seed, the first digits."""
    arms: tuple[ArmAtSize, ...]


@dataclass(frozen=True)
class Section:
    """A backbone on a task."""

    key: str
    board: Board
    older: str
    """Tells an older protocol; empty for today's."""
    verdicts: tuple[tuple[str, str, str, str], ...]
    """Arm, verdict with certificate, what it says, what it rests on."""
    notes: tuple[str, ...]
    header: list[str]
    """Of the sizes."""
    sizes: tuple[Size, ...]
    unfinished: bool
    effective: Grid
    refusals: list[str]
    retrials: Grid
    settings: Grid
    weights: tuple[str, ...]
    """Hashes of the pretrained tensors."""
    command: str


@dataclass(frozen=True)
class TaskSection:
    """A task with all backbones on it."""

    name: str
    task: Task | None
    """None where only records are known."""
    samples: Sequence[Sample]
    sections: tuple[Section, ...]


def task_sections(
    boards: Sequence[Board],
    tasks: Mapping[str, Task],
    samples: Mapping[str, Sequence[Sample]],
) -> list[TaskSection]:
    """In the order of the boards; ``samples`` by name of the task."""
    found: dict[str, list[Board]] = {}
    for board in boards:
        found.setdefault(board.task, []).append(board)
    return [
        TaskSection(
            name=one_line(name),
            task=tasks.get(name),
            samples=samples.get(name, ()),
            sections=tuple(_section(board, tasks.get(name)) for board in on_it),
        )
        for name, on_it in found.items()
    ]


def _section(board: Board, task: Task | None) -> Section:
    header, shown = tables.accuracy_rows(board, one_line)
    return Section(
        key=key(board),
        board=board,
        older=words.older_protocol(board),
        verdicts=tuple(_verdict(board, arm) for arm in board.comparisons),
        notes=tuple(map(one_line, words.notes(board))),
        header=header,
        sizes=tuple(_sizes(board, shown)),
        unfinished=tables.any_unfinished(board),
        effective=tables.effective_grid(board, one_line),
        refusals=tables.refusals(board, one_line) if board.comparisons else [],
        retrials=tables.retrial_grid(board, one_line),
        settings=recipes.settings_grid([board], one_line),
        weights=_weights(board),
        command=reproduce.command(board, task),
    )


def _verdict(board: Board, arm: str) -> tuple[str, str, str, str]:
    comparison = board.comparisons[arm]
    says = "" if comparison.is_void else words.reason(comparison.verdict, _about(arm))
    certificate = words.certificate_text(comparison, one_line)
    held = f" Certificate: {certificate}." if "(" in certificate else ""
    head = verdicts.title(board, arm, one_line)
    return one_line(arm), head, says + held, verdicts.grounds(board, arm)


def _about(arm: str) -> str:
    return words.subject(arm, one_line)


def _weights(board: Board) -> tuple[str, ...]:
    trials = (t for arm in board.arms.values() for p in arm.points for t in p.trials)
    return tuple(sorted({one_line(t.weights_hash) for t in trials if t.weights_hash}))


def _sizes(board: Board, shown: Sequence[Sequence[str]]) -> Iterator[Size]:
    arms = {name: _by_size(arm) for name, arm in board.arms.items()}
    for n, row in zip(board.sizes, shown, strict=True):
        here = {name: found[n] for name, found in arms.items() if n in found}
        subsets = {t.seed: t.subset_hash for point, _ in here.values() for t in point.trials}
        seeds = tuple(sorted(subsets))
        yield Size(
            images_per_class=n,
            shown=tuple(row),
            seeds=seeds,
            subsets=tuple(one_line(subsets[seed][:SHORT]) for seed in seeds),
            arms=tuple(
                _arm_at_size(board, name, point, settings, seeds)
                for name, (point, settings) in here.items()
            ),
        )


def _by_size(arm: ArmResult) -> dict[int, tuple[Point, str]]:
    """N -> the point, and the settings that are others elsewhere."""
    changing = recipes.changing_settings(arm, one_line)
    return {p.images_per_class: (p, s) for p, s in zip(arm.points, changing, strict=True)}


def _arm_at_size(
    board: Board, arm: str, point: Point, settings: str, seeds: Sequence[int]
) -> ArmAtSize:
    trials = {trial.seed: trial for trial in point.trials}
    comparison = board.comparisons.get(arm)
    trained = point.levelled_off + point.still_falling
    return ArmAtSize(
        arm=one_line(arm),
        accuracies=tuple(_accuracy(trials.get(seed)) for seed in seeds),
        levelled_off=f"{point.levelled_off} of {trained}" if trained else "",
        settings=settings,
        fingerprint=", ".join(sorted({one_line(trial.fingerprint) for trial in point.trials})),
        certificate=words.certificate_status(comparison, one_line) if comparison else "",
    )


def _accuracy(trial: TrialResult | None) -> str:
    if trial is None:
        return ""
    return "failed" if trial.accuracy is None else f"{100 * trial.accuracy:.1f}"
