"""Checks that stored records are consistent: what a maintainer runs on new records.

Each record is checked alone, against the other records, and, as far as they can be had on this
machine without a download, against its task's data and its backbone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from benchmark.checks.contribution import (
    data,
    disagreements,
    networks,
    own,
    places,
    retrain,
    soundness,
)
from benchmark.checks.contribution.filed import Filed, Place, Problem, filed
from benchmark.checks.contribution.knowledge import Knowledge, knowledge
from benchmark.checks.contribution.places import Findings
from benchmark.checks.contribution.report import Report
from benchmark.checks.contribution.retrain import Draw, Retrained
from benchmark.defaults import COMMAND
from benchmark.errors import UserError
from benchmark.harness.watch import Watch

_NONE_CAN_BE = (
    "no record can be re-trained here: get data with 'make validate DOWNLOAD=1', name networks "
    "with BACKBONE=local-dir:... or hf-hub:..."
)


def check(
    records: Path,
    tasks: Path | None = None,
    backbones: Sequence[str] = (),
    draw: Draw | None = None,
    watch: Watch | None = None,
) -> Report:
    """Checks the records below ``records`` and the audits beside it, then re-trains a ``draw``.

    ``tasks`` holds the YAMLs; ``backbones`` are names that say where networks of the records are.
    Whatever the files hold is a problem in the report, and nothing is re-trained while there is
    one. Raises `UserError` if there is no folder, and for a backbone that there is not.
    """
    if not records.is_dir():
        raise UserError(
            "there is no such folder of records", where=records, mend=f"run {COMMAND} bench"
        )
    known = knowledge(tasks, backbones)
    findings = Findings()
    for place in (Place(records), *places.audit_places(records, findings)):
        for file in places.record_files(place.root, findings):
            _check_file(file, place, known, findings)
    findings.problems += disagreements.disagreements(findings.filed)
    findings.problems += _unknown_tasks(findings.filed, known)
    findings.problems += own.tuning_problems({one.record.trial.backbone for one in findings.filed})
    retrained: tuple[Retrained, ...] = ()
    if draw is not None and not findings.problems:
        retrained = retrain.retrain(findings.filed, known, draw, watch)
        if not retrained:
            findings.problems.append(Problem(records, _NONE_CAN_BE))
    return _report(findings, known, retrained)


def _report(findings: Findings, known: Knowledge, retrained: Sequence[Retrained]) -> Report:
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
        retrained=tuple(retrained),
    )


def _note(what: str, names: Iterable[str], known: Callable[[str], object]) -> Iterator[str]:
    reasons = {name: known(name) for name in sorted(names)}
    lacking = [f"{name} ({reason})" for name, reason in reasons.items() if isinstance(reason, str)]
    if lacking:
        yield f"{len(lacking)} {what}: {', '.join(lacking)}"


def _check_file(file: Path, place: Place, known: Knowledge, findings: Findings) -> None:
    try:
        record = places.read(file, place.root)
    except UserError as error:
        findings.problems.append(Problem(file, error.what))
        return
    truth, network = known.truth(record.trial.task), known.network(record.trial.backbone)
    what = [*soundness.faults(record), *networks.arm_faults(record)]
    recipe = "unsound" if what else known.own(known.cell(record, place.alternative))
    what += [] if isinstance(recipe, str) else own.faults(record, recipe, place.alternative)
    what += [] if isinstance(truth, str) else data.faults(record, truth)
    what += [] if isinstance(network, str) else networks.faults(record, network)
    findings.problems += [Problem(file, one) for one in what]
    findings.filed.append(filed(file, place, record))


def _unknown_tasks(found: Iterable[Filed], known: Knowledge) -> Iterator[Problem]:
    first = {one.record.trial.task: one for one in reversed(list(found))}
    for name, one in first.items():
        if isinstance(reason := known.task(name), str):
            yield Problem(one.file, reason)
