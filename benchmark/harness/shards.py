"""A plan in parts, for machines that know nothing of each other: array jobs, say."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.harness.job import Job
from benchmark.harness.sweep import cost


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``parts`` parts of a plan, counted from 1."""

    number: int
    parts: int

    def __str__(self) -> str:
        return f"part {self.number} of {self.parts}"

    def of(self, jobs: Sequence[Job]) -> list[Job]:
        """Its jobs: every job is in one part, and all parts cost about the same.

        What is stored makes no difference, or parts that start at different times would overlap.
        Each backbone is dealt out by itself: what one of its steps costs is not known.
        """
        networks: dict[tuple[str, int], list[Job]] = {}
        for job in sorted(jobs, key=lambda job: (cost(job), job.trial), reverse=True):
            networks.setdefault((job.trial.backbone, job.image_size), []).append(job)
        whole = [0] * self.parts
        return [
            job
            for _, alike in sorted(networks.items())
            for job in _dealt(alike, whole, self.number)
        ]


def _dealt(jobs: Sequence[Job], whole: list[int], number: int) -> list[Job]:
    """Those that the part ``number`` gets: each goes to the part with the least to do so far.

    ``whole``: what each part costs in all, changed in place; it decides between equals.
    """
    parts = [(0, all_of_it, index) for index, all_of_it in enumerate(whole)]
    heapq.heapify(parts)
    mine = []
    for job in jobs:
        load, all_of_it, index = heapq.heappop(parts)
        pixels = 1 + cost(job)[0]  # a trial without steps is not free
        heapq.heappush(parts, (load + pixels, all_of_it + pixels, index))
        if index == number - 1:
            mine.append(job)
    whole[:] = [all_of_it for _, all_of_it, _ in sorted(parts, key=lambda part: part[2])]
    return mine
