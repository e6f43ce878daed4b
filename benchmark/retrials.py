"""Scores of the deciding cells under other recipes become retrials for the certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from benchmark import certificate, stats
from benchmark.certificate import Retrial
from benchmark.scores import Score, gain_cells, succeeded

Audits = Mapping[str, Sequence[Score]]
"""Alternative setting -> the scores of the trials that were run with it."""


def retrials_of(
    pretrained: Sequence[Score], scratch: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> list[Retrial]:
    """Each arm with each alternative setting, against the other arm as it was."""
    found = []
    for alternative, scores in audits.items():
        for arm, other in ((scratch, pretrained), (pretrained, scratch)):
            again = [s for s in scores if _is_retrial(s, arm[0], alternative)]
            again = [s for s in again if s.trial.images_per_class in sizes]
            pair = (other, again) if arm is scratch else (again, other)
            cells = {cell.images_per_class: cell for cell in gain_cells(*pair)}
            if cells:
                improvement = _improvement(again, arm)
                found.append(Retrial(arm[0].trial.arm, alternative, cells, *improvement))
    return found


def _is_retrial(score: Score, original: Score, alternative: str) -> bool:
    """Whether ``score`` has the data and, but for the alternative, the recipe of ``original``."""
    one, other = score.trial, original.trial
    return (
        (one.task, one.backbone, one.arm) == (other.task, other.backbone, other.arm)
        and (score.data.hash, score.data.image_size)
        == (original.data.hash, original.data.image_size)
        and json.loads(score.recipe)
        == certificate.changed(json.loads(original.recipe), alternative)
    )


def _improvement(
    again: Sequence[Score], original: Sequence[Score]
) -> tuple[float, float | None, float | None]:
    """Mean difference in accuracy over the trials that both have, with its interval."""
    before = {(s.trial.images_per_class, s.trial.seed): s for s in succeeded(original)}
    pairs = [(s, before.get((s.trial.images_per_class, s.trial.seed))) for s in succeeded(again)]
    gains = [s.hits.mean() - old.hits.mean() for s, old in pairs if old is not None]
    return stats.mean_interval([float(gain) for gain in gains]) if gains else (0.0, None, None)
