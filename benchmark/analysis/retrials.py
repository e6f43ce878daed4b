"""Scores of the deciding cells under other recipes become retrials for the certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from benchmark.analysis import stats
from benchmark.analysis.certificate import Retrial
from benchmark.analysis.curves import curve
from benchmark.analysis.scores import Score, gain_cells, succeeded
from benchmark.records.recipe import alters
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
                gained = _improvement(again, arm)
                unfinished = frozenset(p.images_per_class for p in curve(again) if p.unfinished)
                found.append(Retrial(arm[0].trial.arm, alternative, cells, *gained, unfinished))
    return found


def _run_again(
    arm: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> dict[str, list[Score]]:
    """Alternative -> scores at the N of ``sizes`` under it; empty where the arm was not audited.

    Where an alternative does not alter a training, its score stands for itself.
    """
    deciding = {s.trial: s for s in arm if s.trial.images_per_class in sizes}
    again = {
        alternative: [s for s in scores if _is_retrial(s, deciding.get(s.trial), alternative)]
        for alternative, scores in audits.items()
    }
    if not any(again.values()):
        return {}
    return {
        alternative: [
            *scores,
            *_unaltered(deciding.values(), alternative, {s.trial for s in scores}),
        ]
        for alternative, scores in again.items()
    }


def _unaltered(scores: Iterable[Score], alternative: str, run_again: Set[Trial]) -> list[Score]:
    return [
        s for s in scores if not alters(alternative, s.cooled_down) and s.trial not in run_again
    ]


def _is_retrial(score: Score, original: Score | None, alternative: str) -> bool:
    """Whether ``score`` has the data and, but for the alternative, the recipe of ``original``."""
    return (
        original is not None
        and (score.protocol, score.data.hash, score.data.image_size)
        == (original.protocol, original.data.hash, original.data.image_size)
        and score.recipe == original.recipe.varied(alternative)
    )


def _improvement(
    again: Sequence[Score], original: Sequence[Score]
) -> tuple[float, float | None, float | None]:
    """Mean difference in accuracy over the trials that both have, with its interval."""
    before = {(s.trial.images_per_class, s.trial.seed): s for s in succeeded(original)}
    pairs = [(s, before.get((s.trial.images_per_class, s.trial.seed))) for s in succeeded(again)]
    gains = [s.hits.mean() - old.hits.mean() for s, old in pairs if old is not None]
    return stats.mean_interval([float(gain) for gain in gains]) if gains else (0.0, None, None)
