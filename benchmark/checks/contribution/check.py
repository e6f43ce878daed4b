"""Checks that stored records are sound, without training: what a maintainer runs on new records.

Each record is checked alone, against the other records, and, as far as they can be had on this
machine without a download, against its task's data and its backbone.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmark.checks.contribution import soundness
from benchmark.checks.contribution.soundness import Filed, Problem
from benchmark.defaults import BUNDLED, COMMAND
from benchmark.errors import UserError
from benchmark.harness.judged import folder as folder_of_audit
from benchmark.records import store
from benchmark.records.fingerprint import Ingredients, fingerprint
from benchmark.records.recipe import ALTERNATIVES
from benchmark.records.record import Record, Trial
from benchmark.tasks import data, subsets
from benchmark.tasks.load import load_task

_ARM_DEPTH = 3
"""Folders between the root and a record: task, backbone, arm."""


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
class _Place:
    """A folder of records."""

    root: Path
    alternative: str | None = None
    """Which audit its records belong to; None where they are no audits."""


@dataclass(frozen=True)
class _Knowledge:
    """What this machine knows beside the records; a text says why it does not."""

    truth: Callable[[str], Truth | str]
    """Of the task with this name."""
    network: Callable[[str], Network | str]
    """Of the backbone with this name."""


@dataclass
class _Findings:
    """What is found as the files are read."""

    filed: list[Filed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check(records: Path, tasks: Path | None = None) -> Report:
    """Checks the records below ``records`` and the audits beside it; ``tasks`` holds the YAMLs.

    Whatever the files hold is a problem in the report. Raises `UserError` if there is no folder.
    """
    if not records.is_dir():
        raise UserError(
            "there is no such folder of records", where=records, mend=f"run {COMMAND} bench"
        )
    known = _Knowledge(functools.cache(partial(_truth, tasks)), functools.cache(_network))
    findings = _Findings()
    for place in (_Place(records), *_audit_places(records, findings)):
        for file in _record_files(place.root, findings):
            _check_file(file, place, known, findings)
    findings.problems += soundness.disagreements(findings.filed)
    findings.problems += _unknown_tasks(findings.filed, tasks)
    return _report(findings, known)


def _report(findings: _Findings, known: _Knowledge) -> Report:
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


# Files


def _audit_places(records: Path, findings: _Findings) -> Iterator[_Place]:
    above = folder_of_audit(records, "any").parent
    for path in _entries(above, findings) if above.is_dir() else ():
        if path.name in ALTERNATIVES and path.is_dir() and not path.is_symlink():
            yield _Place(path, path.name)
        else:
            names = ", ".join(ALTERNATIVES)
            findings.problems.append(Problem(path, f"not an audit; the audits are {names}"))


def _entries(folder: Path, findings: _Findings) -> Sequence[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        findings.problems.append(Problem(folder, f"cannot be read: {error.strerror}"))
        return ()


def _record_files(folder: Path, findings: _Findings, depth: int = 0) -> Iterator[Path]:
    """The files that lie as deep as records do; all that is neither is a problem."""
    for path in _entries(folder, findings):
        if path.is_symlink():
            findings.problems.append(Problem(path, "a link where only records belong"))
        elif path.is_dir() and depth < _ARM_DEPTH and path.suffix != ".json":
            yield from _record_files(path, findings, depth + 1)
        elif path.is_file() and depth == _ARM_DEPTH and path.suffix == ".json":
            yield path
        else:
            what = "folder where no folder belongs" if path.is_dir() else "file that is no record"
            findings.problems.append(Problem(path, f"a stray {what}: leave it out"))


def _check_file(file: Path, place: _Place, known: _Knowledge, findings: _Findings) -> None:
    try:
        record = _read(file, place.root)
    except UserError as error:
        findings.problems.append(Problem(file, error.what))
        return
    truth, network = known.truth(record.trial.task), known.network(record.trial.backbone)
    what = [*soundness.faults(record), *_arm_faults(record)]
    what += [] if isinstance(truth, str) else _truth_faults(record, truth)
    what += [] if isinstance(network, str) else _network_faults(record, network)
    findings.problems += [Problem(file, one) for one in what]
    findings.filed.append(soundness.filed(file, place.root, place.alternative, record))


def _read(file: Path, root: Path) -> Record:
    """The record, if the file lies at its place and says no more and no less than a record does.

    That leaves no room for other types, unknown keys or numbers beyond 64 bits. An older format may
    be upgraded first; spacing and the order of keys do not matter.
    """
    try:
        record = store.load_file(file)
        content = store.upgraded(orjson.loads(file.read_bytes()), file)
        same = _same_values(content, orjson.loads(orjson.dumps(record)))
    except (TypeError, ValueError, RecursionError, OSError) as error:
        raise UserError(f"not a record: {error}") from error
    if not same:
        raise UserError("not as the suite writes it: other types or keys")
    _check_place(file, root, record.trial)
    return record


def _same_values(one: Any, other: Any) -> bool:
    """Equal, types included: neither 1 and 1.0 nor 1 and true are."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same_values(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same_values, one, other))
    return bool(one == other)


def _check_place(file: Path, root: Path, trial: Trial) -> None:
    names, place = (trial.task, trial.backbone, trial.arm), store.path_of(root, trial)
    if file != place or file.relative_to(root).parts[:-1] != names:
        raise UserError(f"its trial is another: that one's record is {soundness.short(place)}")


# Data


@dataclass(frozen=True, eq=False)
class Truth:
    """What a task's data on this machine say."""

    train_labels: NDArray[np.int64]
    test_labels: tuple[int, ...]
    facts: dict[str, Any]
    """Fields of `DataFacts` -> their values."""


def _unknown_tasks(found: Iterable[Filed], folder: Path | None) -> Iterator[Problem]:
    first = {one.record.trial.task: one for one in reversed(list(found))}
    for name, one in first.items():
        try:
            load_task(name, folder)
        except UserError as error:
            yield Problem(one.file, error.what)


def _truth(folder: Path | None, name: str) -> Truth | str:
    """The task's data, or why they are not at hand."""
    try:
        prints = data.fingerprints(load_task(name, folder), download=False)
    except UserError as error:
        return error.what
    if prints is None:
        return "they would have to be downloaded"
    facts = {
        "hash": prints.hash,
        "classes": len(prints.class_names),
        "train_images": len(prints.train.labels),
        "test_images": len(prints.test.labels),
        "test_in_train": prints.test_in_train,
    }
    return Truth(prints.train.labels, tuple(prints.test.labels.tolist()), facts)


def _truth_faults(record: Record, truth: Truth) -> Iterator[str]:
    for name, value in truth.facts.items():
        if getattr(record.data, name) != value:
            yield f"data.{name}: not that of the task's data"
    trial = record.trial
    try:
        if record.subset_hash != _subset_hash(truth, trial.images_per_class, trial.seed):
            yield "subset_hash: not that of the task's labels"
    except UserError as error:
        yield f"trial.images_per_class: {error.what}"
    right = zip(record.predictions, truth.test_labels, strict=False)
    if record.status == "ok" and record.correct != "".join("01"[p == t] for p, t in right):
        yield "correct: not where predictions equal the test labels"


@functools.lru_cache(maxsize=4096)
def _subset_hash(truth: Truth, images_per_class: int, seed: int) -> str:
    return subsets.subset_hash(subsets.subset(truth.train_labels, images_per_class, seed))


# Arms and networks. Imported late: torch takes seconds, and a folder without records needs none.


@dataclass(frozen=True)
class Network:
    """What a backbone on this machine says."""

    design: dict[str, Any]
    label: str
    weights_hash: str | None
    """None where the weights would have to be downloaded."""


def _arm_faults(record: Record) -> Iterator[str]:
    from benchmark import arms

    try:
        arm = arms.arm(record.trial.arm)
    except UserError as error:
        yield error.what
        return
    if arm.reads_weights != (record.weights_hash is not None):
        yield f"weights_hash: {'missing' if arm.reads_weights else 'given'} for {arm.name}"
    if arm.pretrained != record.pretrained:
        yield f"pretrained: {arm.name} is {'' if arm.pretrained else 'no '}pretraining"


def _network(name: str) -> Network | str:
    """The backbone, or why it is not at hand: it has to be bundled, or in timm's registry."""
    from benchmark.training import backbones

    if backbones.portable_name(name) != name:
        return "not a name that records carry"
    with contextlib.suppress(UserError):
        backbones.find(name)
        return _local_network(name)
    return "neither bundled nor in timm's registry"


def _local_network(name: str) -> Network | str:
    from benchmark.training import backbones

    try:
        backbone = backbones.find(name)
        weights = backbone.weights_hash if name == BUNDLED else None
        return Network(backbone.design, backbone.label, weights)
    except UserError as error:
        return error.what


def _network_faults(record: Record, network: Network) -> Iterator[str]:
    data, weights = record.data, record.weights_hash
    made_of = Ingredients(data.image_size, data.hash, weights, network.design)
    if record.fingerprint != fingerprint(record.recipe, made_of, record.protocol):
        yield "fingerprint: not that of its recipe, data, weights, network and protocol"
    if record.backbone_label != network.label:
        yield f"backbone_label: not {network.label!r}"
    if None not in (weights, network.weights_hash) and weights != network.weights_hash:
        yield "weights_hash: not that of the backbone's weights"
