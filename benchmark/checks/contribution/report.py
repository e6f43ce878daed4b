"""What was found out about a contribution, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmark.checks.contribution.filed import Problem
from benchmark.checks.contribution.retrain import Retrained
from benchmark.errors import one_line


@dataclass(frozen=True)
class Report:
    """What was found out about a folder of records and its audits."""

    records: int
    tasks: int
    problems: tuple[Problem, ...]
    """In the order of their files."""
    notes: tuple[str, ...]
    """What could not be checked on this machine."""
    retrained: tuple[Retrained, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is a reason not to take the contribution in."""
        return bool(self.problems) or not all(one.found.holds for one in self.retrained)

    def __str__(self) -> str:
        found = [f"{_shown(problem.file)}: {problem.what}" for problem in self.problems]
        again = [f"{_shown(one.file)}: {one.found}" for one in self.retrained]
        lines = (*found, *self.notes, *again, _summary(self))
        # Names and values come from strangers.
        return "\n".join(map(one_line, lines))


def _shown(file: Path) -> str:
    """Not resolved: what is wrong may be a link."""
    file, here = file.absolute(), Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _summary(report: Report) -> str:
    counted = f"{report.records} records of {report.tasks} tasks"
    if report.problems:
        files = len({problem.file for problem in report.problems})
        return f"{counted} checked; {len(report.problems)} problems in {files} files"
    consistent = f"{counted} are consistent{' as far as the notes say' if report.notes else ''}"
    again = f"{len(report.retrained)} of {report.records} re-trained"
    if not report.retrained:
        return f"{consistent}; {again}: made-up predictions are found by RETRAIN=k alone"
    differ = sum(not one.found.holds for one in report.retrained)
    return f"{consistent}; {again}, {f'{differ} do not agree' if differ else 'all agree'}"
