"""How a sweep tells somebody how it goes. Imports no torch: commands start with it."""

from __future__ import annotations

from benchmark.records.record import Record


class Watch:
    """Is told how a sweep goes, and keeps it to itself: a command prints, a notebook may draw."""

    def starts(self, what: str, planned: int, missing: int) -> None:
        """``missing`` of ``planned`` trials will be run; ``what`` names them, if need be."""

    def finished(self, record: Record) -> None:
        """A record is stored."""

    def ended(self, trials: int, seconds: float) -> None:
        """All that were missing are stored."""
