"""Checks every task: its YAML, then its data as far as they can be had on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import files
from benchmark.errors import UserError, listed, one_line
from benchmark.pages import printer
from benchmark.tasks import data
from benchmark.tasks.data import Prints
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task, task_names
from benchmark.tasks.repeated import duplicates, leaks, repeats
from benchmark.tasks.repeated.duplicates import Duplicates
from benchmark.tasks.repeated.repeats import Repeat
from benchmark.tasks.sources.base import UnavailableError
from benchmark.tasks.unused import Unused


@dataclass(frozen=True)
class Counts:
    """What a task's data hold."""

    classes: int
    train: int
    test: int
    smallest_class: str
    smallest: int
    """Training images of the smallest class."""
    per_class: tuple[tuple[str, int, int], ...]
    """Name, training images and test images of each class."""
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
    names: Iterable[str] | None = None,
    folder: Path | None = None,
    *,
    download: bool = False,
    lists: Path | None = None,
) -> Report:
    """Checks the named tasks, or all of ``folder``: schema, images, classes, N grid, leaks.

    Data on other machines are checked if they are in the cache already, and otherwise with
    ``download`` only; then not to get them is a fault. Whatever is wrong with one task, unknown
    names included, is its own fault and hides no other task. Below ``lists``, where it is given,
    ``<task>.csv`` lists all images that occur more than once and all files that are not used.
    Raises `UserError` where there is no folder of tasks.
    """
    known = task_names(folder)
    chosen = known if names is None else list(dict.fromkeys(names))
    return Report(tuple(_check(name, folder, download, lists) for name in chosen))


def _check(name: str, folder: Path | None, download: bool, lists: Path | None) -> TaskReport:
    try:
        task = load_task(name, folder)
        prints = data.fingerprints(task, download=download)
    except UnavailableError as error:
        if download:
            return TaskReport(name, faults=(str(error),))
        return TaskReport(name, not_checked=error.what)
    except UserError as error:
        return TaskReport(name, faults=(str(error),))
    except Exception as error:  # the reports of all other tasks are worth more than a traceback
        what = one_line(f"{type(error).__name__}: {error}")[:_LONGEST_FAULT]
        return TaskReport(name, faults=(f"it cannot be checked, for a reason unforeseen: {what}",))
    if prints is None:
        return TaskReport(name, not_checked="they would have to be downloaded")
    counts = _counts(prints)
    found = repeats.repeats(prints.train, prints.test, prints.class_names)
    leaked = leaks.refusal(task, counts.duplicates.test_in_train, counts.test)
    faults = [*_nothing_to_run(task, counts), *([str(leaked)] if leaked else [])]
    notes = (*prints.notes, *_left_out(task, prints), *repeats.lines(found))
    if lists is not None:
        notes = (*notes, *_list(lists / f"{name}.csv", found, prints.unused))
    return TaskReport(name, counts, tuple(faults), notes)


def _list(file: Path, found: Sequence[Repeat], unused: Sequence[Unused]) -> Iterable[str]:
    try:
        if file.exists() and not repeats.is_list(file):
            yield f"{file} is another table and stays as it is: name another folder for the lists"
            return
        if not found and not unused:
            file.unlink(missing_ok=True)  # what an earlier check found
            return
        files.write(file, repeats.as_csv(found, unused))
    except OSError as error:
        yield f"the list {file} cannot be written: {error.strerror}"
    else:
        yield f"all of them are listed in {file}"


def _counts(prints: Prints) -> Counts:
    in_train, in_test = (
        np.bincount(split.labels, minlength=len(prints.class_names))
        for split in (prints.train, prints.test)
    )
    smallest = int(in_train.argmin())
    return Counts(
        classes=len(prints.class_names),
        train=len(prints.train.labels),
        test=len(prints.test.labels),
        smallest_class=prints.class_names[smallest],
        smallest=int(in_train[smallest]),
        per_class=tuple(zip(prints.class_names, in_train.tolist(), in_test.tolist(), strict=True)),
        duplicates=duplicates.count(prints.train, prints.test),
        source=prints.source,
    )


def _classes(counts: Counts) -> str:
    shown = [f"{name} {train} + {test}" for name, train, test in counts.per_class]
    return one_line(f"classes (training + test images): {listed(shown, _MOST_CLASSES)}")


def _nothing_to_run(task: Task, counts: Counts) -> Iterable[str]:
    if counts.smallest < task.images_per_class[0]:
        yield (
            f"{task.file}: no N of the grid can be run: class {counts.smallest_class!r} has "
            f"{counts.smallest} training images, N starts at {task.images_per_class[0]}\n"
            f"  to mend: choose smaller numbers for 'images_per_class', the largest "
            f"{counts.smallest}, or leave out small classes with 'drop_classes'"
        )


def _left_out(task: Task, prints: Prints) -> Iterable[str]:
    per_class = np.bincount(prints.train.labels, minlength=len(prints.class_names))
    for n in task.images_per_class:
        short = [
            f"{name} has {count}"
            for name, count in zip(prints.class_names, per_class.tolist(), strict=True)
            if count < n
        ]
        if short:
            more = f" and {len(short) - 5} more classes" * (len(short) > 5)
            yield one_line(f"N = {n} is left out: {', '.join(short[:5])}{more}")


_MOST_CLASSES = 60
_LONGEST_FAULT = 300
_LONGEST_NAME = 60
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
        return (_name(report), *("-" for _ in _HEADINGS[2:]), reason)
    found = counts.duplicates
    numbers = (counts.classes, counts.train, counts.test, counts.smallest, found.within_train)
    more = (found.within_test, found.test_in_train, found.conflicting, found.near)
    return (_name(report), *(str(number) for number in numbers + more), counts.source)


def _name(report: TaskReport) -> str:
    return one_line(report.name)[:_LONGEST_NAME]


def _remarks(reports: Iterable[TaskReport]) -> Iterable[str]:
    for report in reports:
        name = _name(report)
        if report.not_checked:
            yield f"{name}: YAML sound, data not checked: {report.not_checked}"
        if report.counts is not None:
            yield f"{name}: {_classes(report.counts)}"
        yield from (f"{name}: {note}" for note in report.notes)
        yield from (f"{name}: FAULT {fault}" for fault in report.faults)


def _verdict(report: Report) -> str:
    faulty = [_name(task) for task in report.tasks if task.faults]
    checked = sum(task.counts is not None for task in report.tasks)
    summary = f"{len(report.tasks)} tasks, data of {checked} checked"
    return f"{summary}, faults in: {', '.join(faulty)}" if faulty else f"{summary}, no faults"
