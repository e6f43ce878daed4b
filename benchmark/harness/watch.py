"""How a sweep tells somebody how it goes. Imports no torch: commands start with it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from benchmark.errors import UserError
from benchmark.records.record import Record, Trial

if TYPE_CHECKING:
    from benchmark.analysis.next_trials import Step


class Watch:
    """Is told how a sweep goes, and keeps it to itself: a command prints, a notebook may draw."""

    def starts(self, what: str, planned: int, missing: int) -> None:
        """``missing`` of ``planned`` trials will be run; ``what`` names them, if need be."""

    def asked(self, what: str, step: Step) -> None:
        """What an adaptive sweep of ``what`` does next: which trials it adds, or why it stops."""

    def finished(self, record: Record) -> None:
        """A record is stored."""

    def found(self, record: Record) -> None:
        """Another sweep on the same records has trained it meanwhile."""

    def machines(self, line: str) -> None:
        """Something about the processes or machines that trials run on."""

    def waits(self, trials: int) -> None:
        """Nothing is left but so many trials that another sweep is training."""

    def ended(self, trials: int, seconds: float) -> None:
        """All that were missing are stored; so many of them were run here."""

    def set_aside(self, fault: UserError) -> None:
        """What lies in a record's place is none, and its trial is run again: a warning."""
        warnings.warn(str(fault), stacklevel=2)

    def left_out(self, fault: UserError) -> None:
        """A file among the records does not count, for the reason given: a warning."""
        warnings.warn(str(fault), stacklevel=2)

    def failed(self, trial: Trial, error: UserError) -> None:
        """A trial could not be run, and nothing is stored: the sweep's end, unless told."""
        raise error
