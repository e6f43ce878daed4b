"""Scores of the deciding cells under other recipes become retrials for the certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set

from benchmark.analysis import certificate, stats
from benchmark.analysis.certificate import Retrial, alters
from benchmark.analysis.scores import Score, at_each_n, gain_cells, succeeded
from benchmark.records.record import Trial

Audits = Mapping[str, Sequence[Score]]
"""Alternative setting -> the scores of the trials that were run with it."""


def retrials_of(
    pretrained: Sequence[Score], scratch: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> list[Retrial]:
    """Each arm with each alternative setting, against the other arm as it was."""
    found = []
    for arm, other in ((scratch, pretrained), (pretrained, scratch)):
        for alternative, again in _run_again(arm, sizes, audits).items():
            pair = (other, again) if arm is scratch else (again, other)
            cells = {cell.images_per_class: cell for cell in gain_cells(*pair)}
            if cells:
                gained, unfinished = _improvement(again, arm), _unfinished(again)
                found.append(Retrial(arm[0].trial.arm, alternative, cells, *gained, unfinished))
    return found


def _run_again(
    arm: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> dict[str, list[Score]]:
    """Alternative -> scores at the N of ``sizes`` under it; empty where the arm was not audited.

    Where an alternative does not alter a training, its score stands for itself.
    """
    deciding = [s for s in arm if s.trial.images_per_class in sizes]
    trials = {s.trial for s in deciding}
    again = {
        alternative: [
            s for s in scores if s.trial in trials and _is_retrial(s, arm[0], alternative)
        ]
        for alternative, scores in audits.items()
    }
    if not any(again.values()):
        return {}
    return {
        alternative: [*scores, *_unaltered(deciding, alternative, {s.trial for s in scores})]
        for alternative, scores in again.items()
    }


def _unaltered(scores: Sequence[Score], alternative: str, run_again: Set[Trial]) -> list[Score]:
    return [
        s for s in scores if not alters(alternative, s.cooled_down) and s.trial not in run_again
    ]


def _is_retrial(score: Score, original: Score, alternative: str) -> bool:
    """Whether ``score`` has the data and, but for the alternative, the recipe of ``original``."""
    return (score.data.hash, score.data.image_size) == (
        original.data.hash,
        original.data.image_size,
    ) and json.loads(score.recipe) == certificate.changed(json.loads(original.recipe), alternative)


def _improvement(
    again: Sequence[Score], original: Sequence[Score]
) -> tuple[float, float | None, float | None]:
    """Mean difference in accuracy over the trials that both have, with its interval."""
    before = {(s.trial.images_per_class, s.trial.seed): s for s in succeeded(original)}
    pairs = [(s, before.get((s.trial.images_per_class, s.trial.seed))) for s in succeeded(again)]
    gains = [s.hits.mean() - old.hits.mean() for s, old in pairs if old is not None]
    return stats.mean_interval([float(gain) for gain in gains]) if gains else (0.0, None, None)


def _unfinished(scores: Sequence[Score]) -> frozenset[int]:
    """The N at which most trainings that succeeded ended with their loss still falling."""
    return frozenset(
        n
        for n, cell in at_each_n(succeeded(scores)).items()
        if sum(s.levelled_off is False for s in cell) > sum(s.levelled_off is True for s in cell)
    )
