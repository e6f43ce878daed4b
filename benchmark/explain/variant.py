"""A training that a question needs: a trial's, or the same with one thing changed."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmark import files
from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.harness.job import Job
from benchmark.records.explained.finding import MOST_TEST_IMAGES, RANDOM_START
from benchmark.records.recipe import Recipe

Jobs = Mapping[str, Job]
"""Arm -> its job, all on one subset."""

TWIN_SEED = 1_000_000
"""Added to a twin's seed: other random weights, another order of images, the same subset."""
_METHOD = 2
"""Goes up when the same training is looked at otherwise."""


@dataclass(frozen=True)
class Variant:
    """A job's training as it is watched."""

    job: Job
    twin: bool = False
    """Whether it is the second of its kind, on the same images."""
    reinitialised: int = 0
    """How many of the top blocks start from random weights."""
    blocks: int = 0
    """Of so many; 0 where none does."""

    @property
    def name(self) -> str:
        """In a finding, where all trainings have one subset."""
        if 0 < self.blocks == self.reinitialised:
            return RANDOM_START
        twin = " twin" if self.twin else ""
        top = f" top {self.reinitialised} anew" if self.reinitialised else ""
        return f"{self.job.trial.arm}{twin}{top}"

    @property
    def keeps_weights(self) -> bool:
        """Whether its start and its end are compared with others."""
        whole = self.reinitialised in (0, self.blocks)
        return self.job.trial.arm in (SCRATCH, FINETUNE) and whole

    @property
    def _is_followed(self) -> bool:
        """Whether its course is compared with another's: fine-tuning, from either start."""
        return self.job.trial.arm == FINETUNE and self.keeps_weights and not self.twin

    @property
    def views(self) -> tuple[int, ...]:
        """Where it is looked at between start and end: at every quarter of a doubling.

        The training loss can fall by a factor of thirty while the views grow by a half.
        """
        recipe = self.job.recipe
        if not self._is_followed or not isinstance(recipe, Recipe):
            return ()
        batch, most = recipe.batch_size, recipe.steps
        quarters = range(4 * math.ceil(math.log2(max(2, most))))
        steps = sorted({round(2 ** (quarter / 4)) for quarter in quarters})
        return tuple(batch * step for step in steps if step < most)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all that decides what is seen of it, but for versions and machine."""
        changes = self.twin and TWIN_SEED, self.reinitialised, self.views, MOST_TEST_IMAGES
        made_of = self.job.fingerprint, self.job.subset_hash, asdict(self.job.trial)
        return files.digest([_METHOD, *made_of, *changes])
