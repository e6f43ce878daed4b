"""How `explain` tells somebody how it goes. Imports no torch: a command starts with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmark.errors import UserError
from benchmark.records.explained.finding import Finding

if TYPE_CHECKING:
    from benchmark.explain.variant import Variant
    from benchmark.explain.watched import Course


class Listener:
    """Is told how it goes, and keeps it to itself."""

    def trained(self, variant: Variant, course: Course) -> None:
        """A training is over."""

    def answered(self, finding: Finding) -> None:
        """An answer, or the reason why there is none, is stored."""

    def failed(self, where: str, fault: UserError) -> None:
        """A training or an answer could not be had; the others go on."""
