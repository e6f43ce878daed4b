"""All that explain results say of one task and backbone, for whoever judges statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmark.analysis.explained.answers import at_each_n
from benchmark.analysis.explained.basins import Basins, basins
from benchmark.analysis.explained.shares import Compressions, compressions
from benchmark.records.explained.finding import Basin, Compression, Finding
from benchmark.records.explained.findings import by_subject


@dataclass(frozen=True)
class Known:
    """What bears on a statement, at each N where it was measured."""

    basins: Mapping[int, Basins] = field(default_factory=dict)
    compressions: Mapping[int, Compressions] = field(default_factory=dict)


Subject = tuple[str, str]
"""Task and backbone."""


def known(findings: Iterable[Finding]) -> dict[Subject, Known]:
    """What was measured with each backbone on each task."""
    return {
        subject: Known(
            {n: basins(there) for n, there in at_each_n(own, Basin).items()},
            {n: compressions(there) for n, there in at_each_n(own, Compression).items()},
        )
        for subject, own in by_subject(findings).items()
    }
