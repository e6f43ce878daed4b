"""The machines of a cluster: which there are, and how fast they work."""

from __future__ import annotations

import time

import ray

from benchmark.harness.executors.base import Told

_LOOK_SECONDS = 2.0
_TELL_SECONDS = 60.0


class Machines:
    """What there is to run on, looked at now and then."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self._looked = self._said = -_TELL_SECONDS
        self._nodes: list[float] = []
        self._done, self._since = 0, time.monotonic()

    def cpus(self) -> int:
        """Of all machines, at least 1."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, before = now, len(self._nodes)
            self._nodes = sorted(
                node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"]
            )
            if len(self._nodes) != before or now - self._said >= _TELL_SECONDS:
                self._tell(now)
        return max(1, int(sum(self._nodes)))

    def smallest(self) -> float:
        """CPUs of the smallest machine."""
        self.cpus()
        return max(1.0, min((cpus for cpus in self._nodes if cpus), default=1.0))

    def did(self, jobs: int) -> None:
        """So many more are done."""
        self._done += jobs

    def _tell(self, now: float) -> None:
        self._said = now
        machines = f"{len(self._nodes)} node{'s' * (len(self._nodes) != 1)}"
        speed = 60 * self._done / max(now - self._since, 1e-3)
        rate = f", {speed:.0f} trials a minute" if self._done else ""
        self.told(f"{machines} with {sum(self._nodes):.0f} CPUs{rate}")
