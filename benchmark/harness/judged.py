"""Stored records become boards, with the audits that lie beside them. Imports no torch.

Records of the alternative ``steps-x2`` lie in ``audits/steps-x2/`` beside the records.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmark.analysis.board import Board, boards
from benchmark.analysis.scores import Score, score_of
from benchmark.defaults import MARGIN
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.recipe import ALTERNATIVES
from benchmark.records.record import Record


def judged(
    stored: Iterable[Record], records: Path, margin: float = MARGIN, watch: Watch | None = None
) -> list[Board]:
    """What records say, with the audits that lie beside their folder.

    ``watch`` is told of audits that are left out because their files are no records.
    """
    return boards(map(score_of, stored), margin, scores(records, watch or Watch()))


def scores(records: Path, watch: Watch) -> dict[str, list[Score]]:
    """Alternative -> the scores of its stored records."""
    return {
        alternative: [score_of(r) for r in store.load(folder(records, alternative), watch.left_out)]
        for alternative in ALTERNATIVES
    }


def folder(records: Path, alternative: str) -> Path:
    """Where the records of an alternative lie."""
    return records.parent / "audits" / alternative
