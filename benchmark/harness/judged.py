"""Stored records become boards, with the audits that lie beside them. Imports no torch.

Records of the alternative ``steps-x2`` lie in ``audits/steps-x2/`` beside the records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from benchmark.analysis.board import Board, boards
from benchmark.analysis.scores import Score, score_of
from benchmark.defaults import MARGIN
from benchmark.errors import UserError
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.recipe import ALTERNATIVES
from benchmark.records.record import Record


def judged(
    stored: Iterable[Record], records: Path, margin: float = MARGIN, watch: Watch | None = None
) -> list[Board]:
    """What records say, with the audits that lie beside their folder.

    ``watch`` is told of what is left out: audits whose files are no records, records that differ
    from the others of their task in how many images the same data have, and copies.
    """
    watch = watch or Watch()
    own, audits = _originals(map(score_of, stored), watch), scores(records, watch)
    shapes = _shapes(own)
    kept = {name: _of_shape(found, shapes, watch) for name, found in audits.items()}
    return boards(_of_shape(own, shapes, watch), margin, kept)


def scores(records: Path, watch: Watch) -> dict[str, list[Score]]:
    """Alternative -> the scores of its stored records."""
    return {
        alternative: [score_of(r) for r in store.load(folder(records, alternative), watch.left_out)]
        for alternative in ALTERNATIVES
    }


def folder(records: Path, alternative: str) -> Path:
    """Where the records of an alternative lie."""
    return records.parent / "audits" / alternative


def _originals(found: Iterable[Score], watch: Watch) -> list[Score]:
    """Without those that have the outcome of another seed, to the last digit of its duration."""
    first: dict[Hashable, Score] = {}
    for score in found:
        trial = replace(score.trial, seed=0)
        whole = score.correct, score.seconds
        outcome = whole if score.reason is None else (score.trial, score.fingerprint)
        if first.setdefault((trial, outcome), score) is not score:
            seed = first[trial, outcome].trial.seed
            watch.left_out(_left_out(score, f"a copy of the record of seed {seed}"))
    return list(first.values())


_Data = tuple[str, str]
_Shape = tuple[int, int, int, tuple[int, ...]]


def _data(score: Score) -> _Data:
    return score.trial.task, score.data.hash


def _shape(score: Score) -> _Shape:
    data = score.data
    return data.classes, data.train_images, data.test_images, data.test_in_train


def _shapes(found: Iterable[Score]) -> dict[_Data, _Shape]:
    """Data -> what most records say of them; of equals the first."""
    counted: dict[_Data, Counter[_Shape]] = defaultdict(Counter)
    for score in found:
        counted[_data(score)][_shape(score)] += 1
    return {data: shapes.most_common(1)[0][0] for data, shapes in counted.items()}


def _of_shape(found: list[Score], shapes: Mapping[_Data, _Shape], watch: Watch) -> list[Score]:
    """Image for image, only these can be compared."""
    kept = []
    for score in found:
        if shapes.get(_data(score), _shape(score)) == _shape(score):
            kept.append(score)
        else:
            watch.left_out(_left_out(score, _OTHER_SHAPE))
    return kept


_OTHER_SHAPE = (
    "other numbers of classes or images, or other duplicates, than records of the same data"
)


def _left_out(score: Score, why: str) -> UserError:
    t = score.trial
    return UserError(
        why,
        where=f"{t.task}/{t.backbone}/{t.arm}, N={t.images_per_class}, seed {t.seed}",
        mend="delete its file; its trial is then run again",
    )
