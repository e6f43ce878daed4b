"""Jobs that are not sent out yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic

from benchmark.harness.executors.base import J, Portable

_TASK_SECONDS = 5.0
"""So much short work travels together."""
_MOST_TOGETHER = 16


@dataclass
class Waiting(Generic[J]):
    """Jobs that are not sent out yet; those that need the same things travel together."""

    groups: dict[tuple[Hashable, ...], deque[tuple[int, J]]]
    seconds: dict[tuple[Hashable, ...], float] = field(default_factory=dict)
    """Of the last jobs of a group, each."""

    @classmethod
    def of(cls, function: Portable, jobs: Iterable[J]) -> Waiting[J]:
        """In the order of the jobs."""
        groups: dict[tuple[Hashable, ...], deque[tuple[int, J]]] = {}
        for position, job in enumerate(jobs):
            groups.setdefault(group_of(function, job), deque()).append((position, job))
        return cls(groups)

    def next(self, begin: Callable[[J], bool]) -> list[J]:
        """From the group of the first job that waits; as many as are short. Empty: none waits."""
        together: list[J] = []
        while self.groups and not together:
            key = min(self.groups, key=lambda group: self.groups[group][0][0])
            group, most = self.groups[key], self._most(key)
            while group and len(together) < most:
                _, job = group.popleft()
                if begin(job):
                    together.append(job)
            if not group:
                del self.groups[key]
        return together

    def _most(self, key: tuple[Hashable, ...]) -> int:
        seconds = self.seconds.get(key, _TASK_SECONDS)
        return max(1, min(_MOST_TOGETHER, int(_TASK_SECONDS / max(seconds, 1e-3))))

    def needed(self) -> set[Hashable]:
        """By what still waits."""
        return {need for key in self.groups for need in key}


def group_of(function: Portable, job: Any) -> tuple[Hashable, ...]:
    """Equal for jobs that can travel together."""
    return (*function.needs(job), function.device(job))
