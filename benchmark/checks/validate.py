"""Checks every task: its YAML, then its data as far as they can be had on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.errors import UserError
from benchmark.pages import printer
from benchmark.tasks import data, duplicates
from benchmark.tasks.data import Prints
from benchmark.tasks.duplicates import Duplicates
from benchmark.tasks.load import load_task, task_names
from benchmark.tasks.schema import Task
from benchmark.tasks.sources.base import UnavailableError


@dataclass(frozen=True)
class Counts:
    """What a task's data hold."""

    classes: int
    train: int
    test: int
    smallest_class: str
    smallest: int
    """Training images of the smallest class."""
    duplicates: Duplicates
    source: str


@dataclass(frozen=True)
class TaskReport:
    """What was found out about one task."""

    name: str
    counts: Counts | None = None
    """None where the data were not checked, or could not be read."""
    faults: tuple[str, ...] = ()
    """What has to be mended before the task can be used."""
    notes: tuple[str, ...] = ()
    """What one should know, without being wrong."""
    not_checked: str | None = None
    """Why the data were not looked at."""


@dataclass(frozen=True)
class Report:
    """What was found out about all tasks."""

    tasks: tuple[TaskReport, ...]

    @property
    def failed(self) -> bool:
        """Whether any task has a fault; data that cannot be had here are none."""
        return any(task.faults for task in self.tasks)

    def __str__(self) -> str:
        table = printer.plain(_HEADINGS, [_row(task) for task in self.tasks])
        return "\n".join([table, *_remarks(self.tasks), "", _verdict(self)])


def validate(
    names: Iterable[str] | None = None, folder: Path | None = None, *, download: bool = False
) -> Report:
    """Checks the named tasks, or all of ``folder``: schema, images, classes, N grid, leaks.

    Data on other machines are checked if they are in the cache already, and otherwise with
    ``download`` only; then not to get them is a fault. Raises `UserError` for unknown names.
    """
    known = task_names(folder)
    chosen = known if names is None else list(names)
    for name in chosen:
        if name not in known:
            load_task(name, folder)
    return Report(tuple(_check(name, folder, download) for name in chosen))


def _check(name: str, folder: Path | None, download: bool) -> TaskReport:
    try:
        task = load_task(name, folder)
        prints = data.fingerprints(task, download=download)
    except UnavailableError as error:
        if download:
            return TaskReport(name, faults=(str(error),))
        return TaskReport(name, not_checked=error.what)
    except UserError as error:
        return TaskReport(name, faults=(str(error),))
    if prints is None:
        return TaskReport(name, not_checked="they would have to be downloaded")
    counts = _counts(prints)
    return TaskReport(name, counts, tuple(_leaks(task, counts)), tuple(_notes(task, prints)))


def _counts(prints: Prints) -> Counts:
    per_class = np.bincount(prints.train.labels, minlength=len(prints.class_names))
    smallest = int(per_class.argmin())
    return Counts(
        classes=len(prints.class_names),
        train=len(prints.train.labels),
        test=len(prints.test.labels),
        smallest_class=prints.class_names[smallest],
        smallest=int(per_class[smallest]),
        duplicates=duplicates.count(prints.train, prints.test),
        source=prints.source,
    )


def _leaks(task: Task, counts: Counts) -> Iterable[str]:
    found, accepted = counts.duplicates.test_in_train, task.accepted_duplicates
    if found > accepted:
        yield (
            f"{task.file}: {found} test images are also training images, {accepted} are accepted\n"
            f"  to mend: remove them, or accept them with 'accepted_duplicates: {found}'"
        )


def _notes(task: Task, prints: Prints) -> Iterable[str]:
    per_class = np.bincount(prints.train.labels, minlength=len(prints.class_names))
    for n in task.images_per_class:
        short = [
            f"{name} has {count}"
            for name, count in zip(prints.class_names, per_class.tolist(), strict=True)
            if count < n
        ]
        if short:
            more = f" and {len(short) - 5} more classes" * (len(short) > 5)
            yield f"N = {n} is left out: {', '.join(short[:5])}{more}"


_HEADINGS = (
    "task",
    "classes",
    "train",
    "test",
    "smallest class",
    "twice in train",
    "twice in test",
    "test in train",
    "two labels",
    "nearly equal",
    "source",
)


def _row(report: TaskReport) -> tuple[str, ...]:
    counts = report.counts
    if counts is None:
        reason = "not checked" if report.not_checked else "faulty"
        return (report.name, *("-" for _ in _HEADINGS[2:]), reason)
    found = counts.duplicates
    numbers = (counts.classes, counts.train, counts.test, counts.smallest, found.within_train)
    more = (found.within_test, found.test_in_train, found.conflicting, found.near)
    return (report.name, *(str(number) for number in numbers + more), counts.source)


def _remarks(reports: Iterable[TaskReport]) -> Iterable[str]:
    for report in reports:
        if report.not_checked:
            yield f"{report.name}: YAML sound, data not checked: {report.not_checked}"
        for note in report.notes:
            yield f"{report.name}: {note}"
        for fault in report.faults:
            yield f"{report.name}: FAULT {fault}"


def _verdict(report: Report) -> str:
    faulty = [task.name for task in report.tasks if task.faults]
    checked = sum(task.counts is not None for task in report.tasks)
    summary = f"{len(report.tasks)} tasks, data of {checked} checked"
    return f"{summary}, faults in: {', '.join(faulty)}" if faulty else f"{summary}, no faults"
