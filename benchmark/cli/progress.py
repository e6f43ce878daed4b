"""Tells of a sweep on the terminal: a line for each trial, and a bar where one can be seen."""

from __future__ import annotations

import sys
from typing import Any

import click
from tqdm import tqdm

from benchmark.analysis.next_trials import Step
from benchmark.errors import UserError
from benchmark.harness.watch import Watch
from benchmark.pages import rounds
from benchmark.records.record import Record, Trial

_SHOWN = 20


class Progress(Watch):
    """One for a command; a command may run several sweeps. Counts what failed by itself."""

    _bar: Any = None
    _problems = 0
    _waited = False

    def __init__(self, *, apart: bool = False) -> None:
        """``apart``: says everything on standard error, for what is printed is for a program."""
        self._apart = apart

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
        """One line on standard error, above the bar."""
        _say(_line(record))
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
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
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

    def _advance(self) -> None:
        if self._bar is not None:
            self._bar.update()


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _line(record: Record) -> str:
    outcome = f"{record.accuracy:.3f}" if record.status == "ok" else f"FAILED: {record.reason}"
    return f"{_name(record.trial)}: {outcome} ({record.training.seconds:.1f} s)"


def _name(trial: Trial) -> str:
    t = trial
    return f"{t.task} {t.backbone} {t.arm} N={t.images_per_class} seed {t.seed}"
