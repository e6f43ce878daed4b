"""Re-trains some records: the only check that made-up predictions do not pass.

Which ones, no contributor can choose: the hash of everything that is contributed draws them. Who
forges could still change a digit here and there until the draw falls on other records, so a
maintainer adds a ``word`` that was not known before. Of n records with f forged ones, k re-trained
ones miss all of these with a chance of about (1 - f/n)^k: one in a thousand for half and k = 10.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.checks.contribution import own
from benchmark.checks.contribution.agreement import Agreement, agreement
from benchmark.checks.contribution.filed import Filed, short
from benchmark.checks.contribution.knowledge import Knowledge
from benchmark.files import digest
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL, Ingredients
from benchmark.records.record import Record

if TYPE_CHECKING:
    from benchmark.harness.job import Job


@dataclass(frozen=True)
class Draw:
    """What a maintainer asks for."""

    count: int
    """Records to re-train, 1 or more."""
    word: str = ""
    """Goes into the draw; the same word draws the same records again."""
    workers: int = 1


@dataclass(frozen=True)
class Retrained:
    """What came of re-training one record."""

    file: Path
    found: Agreement


def retrain(
    filed: Sequence[Filed], known: Knowledge, draw: Draw, watch: Watch | None = None
) -> tuple[Retrained, ...]:
    """Re-trains the records that are drawn from those that can be, and compares predictions.

    None can be without its data and network at hand, nor one of an earlier protocol.
    """
    order = in_drawn_order(filed, draw.word)
    possible = ((one, _job(one, known)) for one in order if _is_at_hand(one, known))
    current = ((one, job) for one, job in possible if job.fingerprint == one.record.fingerprint)
    chosen = list(itertools.islice(current, draw.count))
    again = _trained([job for _, job in chosen], draw.workers, watch or Watch())
    return tuple(
        _compared(one, record, known) for (one, _), record in zip(chosen, again, strict=True)
    )


def _compared(one: Filed, again: Record, known: Knowledge) -> Retrained:
    truth = known.truth(one.record.trial.task)
    assert not isinstance(truth, str)
    return Retrained(one.file, agreement(store.load_file(one.file), again, truth.test_labels))


def in_drawn_order(filed: Sequence[Filed], word: str) -> list[Filed]:
    """By a hash of each name, ``word``, and the names and bytes of all the records."""
    content = digest(
        sorted([*_name(one), hashlib.sha256(one.file.read_bytes()).hexdigest()] for one in filed)
    )
    return sorted(filed, key=lambda one: digest([content, word, _name(one)]))


def _name(one: Filed) -> list[str]:
    return [one.place.alternative or "", short(one.file)]


def _is_at_hand(one: Filed, known: Knowledge) -> bool:
    trial = one.record.trial
    at_hand = known.truth(trial.task), known.network(trial.backbone)
    return one.record.protocol == PROTOCOL and not any(isinstance(what, str) for what in at_hand)


def _job(one: Filed, known: Knowledge) -> Job:
    import torch

    from benchmark.harness.job import Job

    record, trial = one.record, one.record.trial
    task, network = known.task(trial.task), known.network(trial.backbone)
    assert not isinstance(task, str)
    assert not isinstance(network, str)
    recipe = own.today(task, known.cell(record, one.place.alternative))
    assert recipe is not None, "it would have been a problem"
    made_of = Ingredients(
        record.data.image_size, record.data.hash, record.weights_hash, network.design
    )
    on_gpu = record.device.startswith("cuda") and torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    return Job(trial, network.name, task, recipe, made_of, record.subset_hash, device)


def _trained(jobs: Sequence[Job], workers: int, watch: Watch) -> list[Record]:
    """In the order of the jobs."""
    from benchmark.harness import executors

    if not jobs:
        return []
    watch.starts("re-training", len(jobs), len(jobs))
    started = time.perf_counter()
    found: dict[int, Record] = {}
    for position, record in executors.run(_train, list(enumerate(jobs)), workers):
        watch.finished(record)
        found[position] = record
    watch.ended(len(jobs), time.perf_counter() - started)
    return [found[position] for position in range(len(jobs))]


def _train(item: tuple[int, Job]) -> tuple[int, Record]:
    from benchmark.harness import job

    position, what = item
    return position, job.run(what)
