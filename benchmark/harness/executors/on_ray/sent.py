"""Jobs that are out, and how they fare."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any, Generic

import ray

from benchmark.errors import UserError
from benchmark.harness.executors.base import J, Portable, Told
from benchmark.harness.executors.on_ray.machines import Machines
from benchmark.harness.executors.on_ray.there import Report, run_there

_DEATHS = 3
"""Of machines, before the job that was on all of them is to blame."""
_WAIT_SECONDS = 2.0
_NODE_GONE = (ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError)
_PROCESS_GONE = (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError)
_REMOTE: Any = ray.remote(max_retries=0)(run_there)
"""Ray retries nothing: it does not tell a machine that is gone from a job that kills."""


class Sent(Generic[J]):
    """What is out, and how it fares."""

    def __init__(self, function: Portable, told: Told, until: float | None) -> None:
        self.function = function
        self._until = float("inf") if until is None else until
        self.again: list[J] = []
        """Jobs that something of their own happened to."""
        self._out: dict[ray.ObjectRef[Report], list[J]] = {}
        self._things: dict[Hashable, ray.ObjectRef[Any]] = {}
        self._deaths: Counter[int] = Counter()
        self._gpu_share = 1.0
        self._machines = Machines(told)

    def is_full(self) -> bool:
        """Whether all machines have as much again as they are doing."""
        return len(self._out) >= 2 * self._machines.cpus()

    def is_over(self) -> bool:
        """Whether nothing more is waited for."""
        return time.time() >= self._until

    def __len__(self) -> int:
        return len(self._out)

    def send(self, jobs: list[J], cpus: float = 1, *, whole_gpu: bool = False) -> None:
        """All of them need the same things."""
        needs = self.function.needs(jobs[0])
        for key, load in needs.items():
            if key not in self._things:
                self._things[key] = ray.put(load())
        share = 1.0 if whole_gpu else self._gpu_share
        gpus = 0 if self.function.device(jobs[0]) == "cpu" else share
        task = _REMOTE.options(num_cpus=cpus, num_gpus=gpus)
        things = [self._things[key] for key in needs]
        self._out[task.remote(self.function, jobs, list(needs), *things)] = jobs

    def forget(self, needed: set[Hashable]) -> None:
        """Frees what nobody will need again; what is under way keeps its own."""
        for key in self._things.keys() - needed:
            del self._things[key]

    def came(self) -> Iterator[tuple[list[J], Report | None]]:
        """Waits a little; what is back, each with its report. None: it never reached its end."""
        left = max(0.0, self._until - time.time())
        back, _ = ray.wait(list(self._out), num_returns=1, timeout=min(_WAIT_SECONDS, left))
        for reference in back:
            jobs = self._out.pop(reference)
            report = self._report(reference, jobs)
            if report is not None:
                self._machines.did(len(jobs))
                self._learn(report)
            yield jobs, report

    def _report(self, reference: ray.ObjectRef[Report], jobs: list[J]) -> Report | None:
        try:
            report: Report = ray.get(reference)
            return report
        except _NODE_GONE:
            self._machines.told(f"a machine is gone: {len(jobs)} trials start anew elsewhere")
            self._deaths.update(map(id, jobs))
        except _PROCESS_GONE:
            self._machines.told(f"a process died: {len(jobs)} trials are run again by themselves")
            self._deaths.update({id(job): _DEATHS for job in jobs})
        except ray.exceptions.RayTaskError as error:
            raise _for_people(error.cause) from error
        return None

    def is_to_blame(self, job: J) -> bool:
        """Whether it is likely that the job itself ends what it runs on."""
        return self._deaths[id(job)] >= _DEATHS

    def forgive(self, job: J) -> None:
        """What happened to it so far counts no more."""
        del self._deaths[id(job)]

    def _learn(self, report: Report) -> None:
        """The first jobs have a GPU each: how much of it they use says how many fit."""
        if self._gpu_share == 1.0 and report.gpu_share:
            self._gpu_share = 1 / max(1, int(1 / (1.2 * report.gpu_share)))

    def cancel(self) -> None:
        """Ends all that is out."""
        for reference in self._out:
            with contextlib.suppress(Exception):
                ray.cancel(reference, force=True)

    def smallest_machine(self) -> float:
        """CPUs of the smallest."""
        return self._machines.smallest()


def _for_people(error: Exception) -> Exception:
    """What a job raised is its own business; what a machine cannot even begin is the cluster's."""
    if not isinstance(error, ray.exceptions.RaySystemError):
        return error
    why = str(error).splitlines()[0].removeprefix("System error: ")
    return UserError(
        f"a machine of the cluster cannot begin a trial: {why}",
        mend="install this suite's dependencies on every machine, from the same lock file",
    )
