"""Tells of a sweep on the terminal: a line for each trial, and a bar where one can be seen."""

from __future__ import annotations

import sys
from statistics import mean
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from benchmark.analysis.next_trials import Step
from benchmark.errors import UserError
from benchmark.explain.listener import Listener
from benchmark.harness.watch import Watch
from benchmark.pages import rounds
from benchmark.records.explained.finding import Finding
from benchmark.records.record import Record, Trial

if TYPE_CHECKING:
    from benchmark.explain.variant import Variant
    from benchmark.explain.watched import Course

_SHOWN = 20


class Problems:
    """Counts what failed by itself while the rest went on."""

    _problems = 0

    def problem(self, text: object) -> None:
        """Says what failed by itself, on standard error; the first ones, where there are many."""
        self._problems += 1
        if self._problems <= _SHOWN:
            _say(str(text))

    def close(self) -> None:
        """Ends the command with exit status 1 if something failed by itself."""
        if self._problems > _SHOWN:
            _say(f"and {self._problems - _SHOWN} more of this kind")
        if self._problems:
            sys.exit(1)


class Looking(Problems, Listener):
    """Tells of the trainings and answers of ``explain``, a line for each on standard error."""

    def trained(self, variant: Variant, course: Course) -> None:
        """With its accuracy, or why it has none."""
        outcome = (
            f"DIVERGED: {course.reason}" if course.accuracy is None else f"{course.accuracy:.3f}"
        )
        _say(f"{_name(variant.job.trial)}, {variant.name}: {outcome} ({course.seconds:.1f} s)")

    def answered(self, finding: Finding) -> None:
        """That it is stored."""
        cell = finding.cell
        where = f"{cell.task} {cell.backbone} N={cell.images_per_class} seed {cell.seed}"
        _say(f"{where}: {finding.question}{f', {finding.reason}' if finding.reason else ''}")

    def failed(self, where: str, fault: UserError) -> None:
        """A problem; the others go on."""
        self.problem(f"{where}: {fault}")


class Progress(Problems, Watch):
    """One for a command; a command may run several sweeps. Counts what failed by itself."""

    _bar: Any = None
    _waited = False

    def __init__(self, *, apart: bool = False) -> None:
        """``apart``: says everything on standard error, for what is printed is for a program."""
        self._apart = apart
        self._table = _Table()

    def starts(self, what: str, planned: int, missing: int) -> None:
        """Says what is planned; the bar counts what is stored already as done."""
        if what:
            click.echo(f"{what}:", err=self._apart)
        done = planned - missing
        click.echo(f"{planned} trials planned, {done} stored already", err=self._apart)
        if missing:
            self._bar = tqdm(total=planned, initial=done, unit="trial", disable=None)

    def asked(self, what: str, step: Step) -> None:
        """What comes next, and why; or why nothing does."""
        click.echo(rounds.line(what, step), err=self._apart)

    def finished(self, record: Record) -> None:
        """One line on standard error, above the bar, and its place in the table below."""
        _say(_line(record))
        self._table.add(record)
        self._advance()

    def found(self, record: Record) -> None:
        """As if it had been run here."""
        _say(f"{_line(record)}, by another run")
        self._advance()

    def machines(self, line: str) -> None:
        """One line; the bar is about trials."""
        _say(line)

    def waits(self, trials: int) -> None:
        """Once, or a line would come for each trial."""
        if not self._waited:
            _say(f"waiting for {trials} trials that another run on these records is training")
        self._waited = True

    def ended(self, trials: int, seconds: float) -> None:
        """Takes the bar and the table away."""
        if self._bar is not None:
            self._bar.close()
        self._table.close()
        click.echo(f"{trials} trials run in {seconds:.0f} s", err=self._apart)

    def set_aside(self, fault: UserError) -> None:
        """Nothing is lost by it, so it is no problem."""
        _say(f"set aside, and its trial is run again: {fault}")

    def left_out(self, fault: UserError) -> None:
        """A problem."""
        self.problem(f"left out: {fault}")

    def failed(self, trial: Trial, error: UserError) -> None:
        """A problem; the sweep goes on."""
        self.problem(f"{_name(trial)}: {error}")
        self._advance()

    def _advance(self) -> None:
        if self._bar is not None:
            self._bar.update()


class _Table:
    """Mean accuracy of each arm at each N, below the bar while one waits; on a terminal alone."""

    def __init__(self) -> None:
        self._lines: dict[str, Any] = {}
        self._found: dict[str, dict[int, list[float]]] = {}

    def add(self, record: Record) -> None:
        """One more trial."""
        trial = record.trial
        if record.accuracy is None:
            return
        row = f"{trial.task} {trial.backbone} {trial.arm}"
        cells = self._found.setdefault(row, {})
        cells.setdefault(trial.images_per_class, []).append(record.accuracy)
        shown = "  ".join(f"N={n} {100 * mean(one):.1f}" for n, one in sorted(cells.items()))
        if row not in self._lines:
            place = 1 + len(self._lines)
            self._lines[row] = tqdm(bar_format="{desc}", position=place, leave=False, disable=None)
        self._lines[row].set_description_str(f"{trial.arm:<10} {shown}")

    def close(self) -> None:
        """What was found stays known for a next sweep."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _line(record: Record) -> str:
    outcome = f"{record.accuracy:.3f}" if record.status == "ok" else f"FAILED: {record.reason}"
    return f"{_name(record.trial)}: {outcome} ({record.training.seconds:.1f} s)"


def _name(trial: Trial) -> str:
    t = trial
    return f"{t.task} {t.backbone} {t.arm} N={t.images_per_class} seed {t.seed}"
