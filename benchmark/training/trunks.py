"""Trunks in the cache: where trainings began to cool down, for longer ones to go on from.

A file is a line of facts and what torch saves. It spares time and decides nothing: whatever is
wrong with it, or keeps it from being written, a training takes all of its steps itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmark import files
from benchmark.defaults import cache_folder
from benchmark.records.recipe import as_stored
from benchmark.training import tensors
from benchmark.training.loop import Run

LIMIT = 2**30
"""Bytes of all stored trunks; the oldest go first."""
_SUFFIX = ".trunk"
_LONGEST_FACTS = 1_000


@dataclass(frozen=True)
class Trunk:
    """One of them, whether it is there or not."""

    key: str
    """A digest of all that decides the training up to there."""
    leaves: bool
    """Whether a training leaves it; else one goes on from it."""

    @property
    def file(self) -> Path:
        """Where it lies."""
        return _folder() / f"{self.key}{_SUFFIX}"

    @property
    def steps(self) -> int:
        """Optimiser steps that a training is likely to be spared, 0 or more."""
        if self.leaves:
            return 0
        try:
            with self.file.open("rb") as file:
                return int(json.loads(file.readline(_LONGEST_FACTS))["steps"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def serve(self, run: Run, labels: Tensor) -> Run:
        """``run``, which is to have made no step, brought to its cool-down, or as far as is stored.

        It takes the very steps that it would have taken anyway. ``labels`` are its objective's.
        """
        begun = _begun(run, labels)
        if not self.leaves:
            return self._continued(run, begun)
        run.until_cooldown()
        with contextlib.suppress(Exception):  # a full disk, too little memory for a second state
            self._store(run, begun)
        return run

    def _continued(self, run: Run, begun: str) -> Run:
        # There may be anything in such a file; a run that cannot be resumed stays as it is.
        with contextlib.suppress(Exception):
            line, _, saved = self.file.read_bytes().partition(b"\n")
            if json.loads(line).items() >= _facts(begun, saved).items():
                return run.resumed(torch.load(io.BytesIO(saved), "cpu", weights_only=True))
        return run

    def _store(self, run: Run, begun: str) -> None:
        buffer = io.BytesIO()
        torch.save(run.state(), buffer)
        saved = buffer.getbuffer()
        if len(saved) <= LIMIT - _LONGEST_FACTS:
            facts = {"steps": run.step, **_facts(begun, saved)}
            files.write(self.file, json.dumps(facts).encode() + b"\n" + saved)
            files.keep_newest(_folder(), f"*{_SUFFIX}", LIMIT)


def _begun(run: Run, labels: Tensor) -> str:
    """A digest of what the run was made of: an arm may train several times for one trial."""
    hashed = hashlib.sha256()
    weights = run.model.state_dict().values()
    for tensor in (*weights, run.pixels.images, labels, run.generator.get_state()):
        hashed.update(tensors.raw(tensor))
    return files.digest(
        [str(run.model), as_stored(run.recipe.trunk or run.recipe), hashed.hexdigest()]
    )


def _facts(begun: str, saved: bytes | memoryview) -> dict[str, Any]:
    return {"begun": begun, "saved": hashlib.sha256(saved).hexdigest()}


def _folder() -> Path:
    return cache_folder() / "trunks"
