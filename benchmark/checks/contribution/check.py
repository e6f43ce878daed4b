"""Checks that stored records are sound, without training: what a maintainer runs on new records.

Each record is checked alone, against the other records, and, as far as they can be had on this
machine without a download, against its task's data and its backbone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmark.checks.contribution import data, disagreements, networks, own, places, soundness
from benchmark.checks.contribution.data import Truth
from benchmark.checks.contribution.filed import Filed, Place, Problem, filed
from benchmark.checks.contribution.networks import Network
from benchmark.checks.contribution.own import Own
from benchmark.checks.contribution.places import Findings
from benchmark.defaults import COMMAND
from benchmark.errors import UserError
from benchmark.records.record import Record, Trial
from benchmark.tasks.load import load_task


@dataclass(frozen=True)
class Report:
    """What was found out about a folder of records and its audits."""

    records: int
    tasks: int
    problems: tuple[Problem, ...]
    """In the order of their files."""
    notes: tuple[str, ...]
    """What could not be checked on this machine."""

    def __str__(self) -> str:
        lines = [f"{_shown(problem.file)}: {problem.what}" for problem in self.problems]
        return "\n".join(_one_line(line) for line in (*lines, *self.notes, _summary(self)))


def _shown(file: Path) -> str:
    """Not resolved: what is wrong may be a link."""
    file, here = file.absolute(), Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _one_line(text: str) -> str:
    """Names and values come from strangers: nothing of them moves the cursor or breaks the line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _summary(report: Report) -> str:
    counted = f"{report.records} records of {report.tasks} tasks"
    if not report.problems:
        return f"{counted} are sound; {'but see the notes' if report.notes else 'all was checked'}"
    files = len({problem.file for problem in report.problems})
    return f"{counted} checked; {len(report.problems)} problems in {files} files"


@dataclass(frozen=True)
class _Knowledge:
    """What this machine knows beside the records; a text says why it does not."""

    truth: Callable[[str], Truth | str]
    """Of the task with this name."""
    network: Callable[[str], Network | str]
    """Of the backbone with this name."""
    own: Callable[[Trial, int, str | None], Own | None]
    """Recipes of a trial (seed 0) with so many classes, of its audit if one is named; None for an
    unknown task or arm."""


def _knowledge(tasks: Path | None) -> _Knowledge:
    load = functools.cache(partial(load_task, folder=tasks))

    def recipes(trial: Trial, classes: int, alternative: str | None) -> Own | None:
        try:
            return own.recipes(load, trial, classes, alternative)
        except UserError:
            return None

    return _Knowledge(
        functools.cache(partial(data.truth_of, tasks)),
        functools.cache(networks.network_of),
        functools.cache(recipes),
    )


def check(records: Path, tasks: Path | None = None) -> Report:
    """Checks the records below ``records`` and the audits beside it; ``tasks`` holds the YAMLs.

    Whatever the files hold is a problem in the report. Raises `UserError` if there is no folder.
    """
    if not records.is_dir():
        raise UserError(
            "there is no such folder of records", where=records, mend=f"run {COMMAND} bench"
        )
    known = _knowledge(tasks)
    findings = Findings()
    for place in (Place(records), *places.audit_places(records, findings)):
        for file in places.record_files(place.root, findings):
            _check_file(file, place, known, findings)
    findings.problems += disagreements.disagreements(findings.filed)
    findings.problems += _unknown_tasks(findings.filed, tasks)
    findings.problems += own.tuning_problems({one.record.trial.backbone for one in findings.filed})
    return _report(findings, known)


def _report(findings: Findings, known: _Knowledge) -> Report:
    trials = [one.record.trial for one in findings.filed]
    tasks, backbones = {trial.task for trial in trials}, {trial.backbone for trial in trials}
    return Report(
        records=len(trials),
        tasks=len(tasks),
        problems=tuple(sorted(findings.problems, key=lambda problem: problem.file)),
        notes=(
            *_note("tasks checked without their data", tasks, known.truth),
            *_note("backbones checked without their networks", backbones, known.network),
        ),
    )


def _note(what: str, names: Iterable[str], known: Callable[[str], object]) -> Iterator[str]:
    reasons = {name: known(name) for name in sorted(names)}
    lacking = [f"{name} ({reason})" for name, reason in reasons.items() if isinstance(reason, str)]
    if lacking:
        yield f"{len(lacking)} {what}: {', '.join(lacking)}"


def _check_file(file: Path, place: Place, known: _Knowledge, findings: Findings) -> None:
    try:
        record = places.read(file, place.root)
    except UserError as error:
        findings.problems.append(Problem(file, error.what))
        return
    truth, network = known.truth(record.trial.task), known.network(record.trial.backbone)
    what = [*soundness.faults(record), *networks.arm_faults(record)]
    recipes = None if what else _own_recipes(record, place.alternative, known)
    protocols = own.protocols(record, recipes or {})
    what += [] if recipes is None else own.faults(record, recipes, place.alternative)
    what += [] if isinstance(truth, str) else data.faults(record, truth)
    what += [] if isinstance(network, str) else networks.faults(record, network, protocols)
    findings.problems += [Problem(file, one) for one in what]
    findings.filed.append(filed(file, place, record, protocols))


def _own_recipes(record: Record, alternative: str | None, known: _Knowledge) -> Own | None:
    """Seeds share a recipe."""
    return known.own(replace(record.trial, seed=0), record.data.classes, alternative)


def _unknown_tasks(found: Iterable[Filed], folder: Path | None) -> Iterator[Problem]:
    first = {one.record.trial.task: one for one in reversed(list(found))}
    for name, one in first.items():
        try:
            load_task(name, folder)
        except UserError as error:
            yield Problem(one.file, error.what)
