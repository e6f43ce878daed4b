"""Runs jobs on the machines of a Ray cluster, or on a cluster of this machine alone.

Nothing but memory is shared: what jobs need travels once to each machine, results come back here.
Others use `cluster`; the package ray, an extra, is needed as soon as this room is entered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.errors import UserError
from benchmark.harness.executors.base import (
    DIED_TWICE,
    OUT_OF_MEMORY,
    Executor,
    J,
    Needs,
    Portable,
    R,
    Results,
    Told,
    always,
    nobody,
    refused,
)

try:
    import ray
except ImportError as error:
    raise UserError(
        "the package ray is not installed",
        mend="install this suite with its extra: pip install 'small-data-transfer-benchmark[ray]'",
    ) from error

from benchmark.harness.executors.on_ray.joining import join
from benchmark.harness.executors.on_ray.sent import Sent
from benchmark.harness.executors.on_ray.waiting import Waiting, group_of

__all__ = ["cluster"]


@contextlib.contextmanager
def cluster() -> Iterator[Executor]:
    """The cluster at ``$RAY_ADDRESS``; without it one of this machine, which ends with the block.

    It is joined, or started, when it is first used.
    """
    try:
        yield _run
    finally:
        ray.shutdown()


def _run(
    function: Callable[[J], R],
    jobs: Sequence[J],
    workers: int,
    *,
    begin: Callable[[J], bool] = always,
    lost: Callable[[J, UserError], R] = refused,
    told: Told = nobody,
    until: float | None = None,
) -> Results[R]:
    """One job per CPU of the cluster, or per share of a GPU. See `base.Executor`.

    ``workers``: CPUs of a cluster that is started here.
    """
    if not jobs:
        return
    join(workers)
    portable = function if isinstance(function, Portable) else _Plain(function)
    sent: Sent[J] = Sent(portable, told, until)
    try:
        yield from _first(sent, Waiting.of(sent.function, jobs), begin)
        yield from _alone(sent, lost)
    finally:
        sent.cancel()


@dataclass(frozen=True)
class _Plain:
    """A function whose jobs carry all that they need."""

    function: Callable[[Any], Any]

    def needs(self, job: Any) -> Needs:
        return {}

    def device(self, job: Any) -> str:
        return "cpu"

    def away(self, job: Any, brought: Mapping[Hashable, Any]) -> Any:
        return self.function(job)


def _first(sent: Sent[J], waiting: Waiting[J], begin: Callable[[J], bool]) -> Results[Any]:
    """All jobs; those that something happens to are left in ``sent.again``."""
    elsewhere: list[J] = []
    while not sent.is_over():
        while not sent.is_full():
            # By itself, for what happens to it then is its own doing.
            jobs = [elsewhere.pop()] if elsewhere else waiting.next(begin)
            if not jobs:
                break
            sent.send(jobs)
        sent.forget(waiting.needed())
        if not len(sent):
            return
        for jobs, report in sent.came():
            if report is None:
                for job in jobs:
                    (sent.again if sent.is_to_blame(job) else elsewhere).append(job)
                continue
            waiting.seconds[group_of(sent.function, jobs[0])] = report.seconds / len(jobs)
            for job, one in zip(jobs, report.came, strict=True):
                if one.out_of_memory:
                    sent.again.append(job)
                else:
                    yield one.result


def _alone(sent: Sent[J], lost: Callable[[J, UserError], R]) -> Results[R]:
    """Each of those once more, with a whole machine to itself."""
    for job in sent.again:
        sent.forgive(job)
    while (sent.again or len(sent)) and not sent.is_over():
        while sent.again:
            sent.send([sent.again.pop()], sent.smallest_machine(), whole_gpu=True)
        for jobs, report in sent.came():
            (job,) = jobs
            if report is None and sent.is_to_blame(job):
                yield lost(job, DIED_TWICE)
            elif report is None:
                sent.again.append(job)
            else:
                (one,) = report.came
                yield lost(job, OUT_OF_MEMORY) if one.out_of_memory else one.result
