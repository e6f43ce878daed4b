"""Scores of the deciding cells under other recipes become retrials for the certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

import numpy as np

from benchmark.analysis.certificate import Retrial
from benchmark.analysis.curves import curve
from benchmark.analysis.gains import GainCell, Pair, gain_cells, have_noise, pooled_gains
from benchmark.analysis.scores import Score, pairs
from benchmark.analysis.stats import LEVEL
from benchmark.records.recipe import alters
from benchmark.records.record import Trial

Audits = Mapping[str, Sequence[Score]]
"""Alternative setting -> the scores of the trials that were run with it."""


def retrials_of(
    pretrained: Sequence[Score], scratch: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> list[Retrial]:
    """Each arm with each alternative setting, against the other arm as it was."""
    found = []
    original = pairs(pretrained, scratch)
    for arm, is_scratch in ((scratch, True), (pretrained, False)):
        for alternative, again in _run_again(arm, sizes, audits).items():
            changed = pairs(*((pretrained, again) if is_scratch else (again, scratch)))
            improved = pairs(again, arm)
            if changed and improved:
                name, unfinished = arm[0].trial.arm, _unfinished(again)
                found.append(retrial(name, alternative, changed, original, improved, unfinished))
    return found


def retrial(
    arm: str,
    alternative: str,
    changed: Sequence[Pair],
    original: Sequence[Pair],
    improved: Sequence[Pair],
    unfinished: frozenset[int] = frozenset(),
) -> Retrial:
    """From the pairs with the arm changed, those before, and the changed arm against the original
    one (which stands in scratch's place); only seeds that are in both count."""
    after, before = _on_same_seeds(changed, original)
    return Retrial(arm, alternative, after, before, *_improvement(improved), unfinished)


def _unfinished(scores: Sequence[Score]) -> frozenset[int]:
    return frozenset(point.images_per_class for point in curve(scores) if point.unfinished)


def _on_same_seeds(*sides: Sequence[Pair]) -> list[dict[int, GainCell]]:
    """N -> cell of each side, from what all of them have."""
    shared = set.intersection(*({(p.images_per_class, p.seed) for p in side} for side in sides))
    kept = [[p for p in side if (p.images_per_class, p.seed) in shared] for side in sides]
    return [{cell.images_per_class: cell for cell in gain_cells(side)} for side in kept]


def _run_again(
    arm: Sequence[Score], sizes: Sequence[int], audits: Audits
) -> dict[str, list[Score]]:
    """Alternative -> scores at the N of ``sizes`` under it; empty where the arm was not audited.

    Where an alternative does not alter a training, its score stands for itself.
    """
    deciding = {s.trial: s for s in arm if s.trial.images_per_class in sizes}
    again = {
        alternative: _newest(
            s for s in scores if _is_retrial(s, deciding.get(s.trial), alternative)
        )
        for alternative, scores in audits.items()
    }
    if not any(again.values()):
        return {}
    return {
        alternative: [
            *(_as_all_wrong(s, deciding[s.trial]) for s in scores),
            *_unaltered(deciding.values(), alternative, {s.trial for s in scores}),
        ]
        for alternative, scores in again.items()
    }


def _as_all_wrong(score: Score, original: Score) -> Score:
    """A training that failed under an alternative got no image right: left out, it would flatter.

    One whose original failed, too, is compared with nothing.
    """
    if score.reason is None or original.reason is not None:
        return score
    return replace(score, reason=None, correct=bytes(len(original.correct)))


def _newest(scores: Iterable[Score]) -> list[Score]:
    """One for each trial: what a score does not tell apart is the design of the network."""
    found: dict[Trial, Score] = {}
    for score in scores:
        other = found.get(score.trial, score)
        found[score.trial] = max(score, other, key=lambda s: (s.finished, s.fingerprint))
    return list(found.values())


def _unaltered(scores: Iterable[Score], alternative: str, run_again: Set[Trial]) -> list[Score]:
    return [
        s
        for s in scores
        if not alters(alternative, s.cooled_down, s.protocol) and s.trial not in run_again
    ]


def _is_retrial(score: Score, original: Score | None, alternative: str) -> bool:
    """Whether ``score`` rests on what ``original`` does but for the alternative."""
    return (
        original is not None
        and _ingredients(score) == _ingredients(original)
        and score.recipe == original.recipe.varied(alternative)
    )


def _ingredients(score: Score) -> tuple[int, str, int, str | None]:
    return score.protocol, score.data.hash, score.data.image_size, score.weights_hash


def _improvement(pairs: Sequence[Pair]) -> tuple[float, float | None, float | None]:
    """Mean difference in accuracy over the cells, the original in scratch's place, and its ends."""
    cells = gain_cells(pairs)
    mean = float(np.mean([np.mean(cell.gains) for cell in cells]))
    if not have_noise(cells):
        return mean, None, None
    means = pooled_gains(cells).draws().mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return mean, float(low), float(high)
