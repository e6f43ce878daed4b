"""Runs the deciding cells of a verdict again with other settings, for the certificate.

Records of the alternative ``steps-x2`` lie in ``audits/steps-x2/`` beside the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.analysis.board import SCRATCH, Board
from benchmark.analysis.certificate import ALTERNATIVES, alters, changed, deciding_sizes
from benchmark.analysis.scores import Score, score_of
from benchmark.errors import UserError
from benchmark.records import store
from benchmark.records.recipe import Recipe

if TYPE_CHECKING:  # tables read audits, and must not import torch for that
    from benchmark.harness.job import Job


def folder(records: Path, alternative: str) -> Path:
    """Where the records of an alternative lie."""
    return records.parent / "audits" / alternative


def changed_recipe(recipe: Recipe, alternative: str) -> Recipe:
    """The recipe, changed as the alternative says."""
    return replace(recipe, **changed(vars(recipe), alternative))


def plan(board: Board, jobs: Sequence[Job], scores: Iterable[Score]) -> dict[str, list[Job]]:
    """Alternative -> the jobs to run again: the cells that decide a verdict of ``board``.

    ``scores`` are those of the jobs' records. A job that an alternative does not alter is left out.
    Raises `UserError` if there is no verdict that a certificate could be for.
    """
    wanted: set[tuple[str, int]] = set()
    for arm, comparison in board.comparisons.items():
        sizes = deciding_sizes(comparison.verdict)
        wanted |= {(name, n) for name in (SCRATCH, arm) for n in sizes}
    chosen = [job for job in jobs if (job.trial.arm, job.trial.images_per_class) in wanted]
    if not chosen:
        raise UserError(
            f"{board.task} with {board.backbone} has no verdict to certify",
            mend="run make bench with scratch and a pretrained arm first",
        )
    cooled_down = {score.trial for score in scores if score.cooled_down}
    return {
        name: _changed_jobs(
            [j for j in chosen if alters(name, j.stored_trial in cooled_down)], name
        )
        for name in ALTERNATIVES
    }


def _changed_jobs(jobs: Iterable[Job], alternative: str) -> list[Job]:
    """A probe has neither steps nor a learning rate, so it has no alternatives."""
    return [
        replace(job, recipe=changed_recipe(job.recipe, alternative))
        for job in jobs
        if isinstance(job.recipe, Recipe)
    ]


def scores(records: Path) -> dict[str, list[Score]]:
    """Alternative -> the scores of its stored records."""
    return {
        alternative: [score_of(r) for r in store.load(folder(records, alternative))]
        for alternative in ALTERNATIVES
    }
