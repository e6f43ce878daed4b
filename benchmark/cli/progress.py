"""Tells of a sweep on the terminal: a line for each trial, and a bar where one can be seen."""

from __future__ import annotations

import sys
from typing import Any

import click
from tqdm import tqdm

from benchmark.harness.watch import Watch
from benchmark.records.record import Record


class Progress(Watch):
    """One for a command; a command may run several sweeps."""

    _bar: Any = None

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

    def finished(self, record: Record) -> None:
        """One line on standard error, above the bar."""
        tqdm.write(_line(record), file=sys.stderr)
        if self._bar is not None:
            self._bar.update()

    def ended(self, trials: int, seconds: float) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
        click.echo(f"{trials} trials run in {seconds:.0f} s", err=self._apart)


def _line(record: Record) -> str:
    t = record.trial
    outcome = f"{record.accuracy:.3f}" if record.status == "ok" else f"FAILED: {record.reason}"
    name = f"{t.task} {t.backbone} {t.arm} N={t.images_per_class} seed {t.seed}"
    return f"{name}: {outcome} ({record.training.seconds:.1f} s)"
