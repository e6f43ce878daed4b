"""Runs jobs on the machines of a Ray cluster, or on a cluster of this machine alone.

Nothing but memory is shared: what jobs need travels once to each machine, results come back here.
Ray itself retries nothing, for it does not tell a machine that is gone from a job that kills.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import benchmark
from benchmark.defaults import environment
from benchmark.errors import UserError
from benchmark.harness.executors.base import (
    DIED_TWICE,
    ONE_THREAD,
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
from benchmark.harness.executors.here import one_thread

_PATIENCE = {
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Of a busy machine a cluster that starts there may ask more than its defaults allow. Nothing is
reported to anybody."""

try:
    import ray
except ImportError as error:
    raise UserError(
        "the package ray is not installed",
        mend="install this suite with its extra: pip install 'small-data-transfer-benchmark[ray]'",
    ) from error

_TASK_SECONDS = 5.0
"""So much short work travels together."""
_MOST_TOGETHER = 16
_DEATHS = 3
"""Of machines, before the job that was on all of them is to blame."""
_LOOK_SECONDS = 2.0
_TELL_SECONDS = 60.0
_NODE_GONE = (ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError)
_PROCESS_GONE = (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError)


@contextlib.contextmanager
def cluster() -> Iterator[Executor]:
    """The cluster at ``$RAY_ADDRESS``; without it one of this machine, which ends with the block.

    It is joined, or started, when it is first used.
    """
    try:
        yield _run
    finally:
        ray.shutdown()


def _join(workers: int) -> None:
    """Raises `UserError` where there is no cluster at that address."""
    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS")
    variables: dict[str, Any] = {"env_vars": ONE_THREAD}
    # Machines of a cluster need this suite's dependencies, and get the suite itself from here.
    package = {"py_modules": [str(Path(benchmark.__file__).parent)]}
    place = {"address": address} if address else {"num_cpus": workers, "include_dashboard": False}
    _allow_many_files()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with environment(**_PATIENCE):
            ray.init(
                **place,
                runtime_env=variables | (package if address else {}),
                log_to_driver=False,
                logging_level="ERROR",
            )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise UserError(
            f"no Ray cluster can be had: {str(error).splitlines()[0]}",
            where=address and f"RAY_ADDRESS={address}",
            mend="start one with: ray start --head; or leave RAY_ADDRESS out",
        ) from error
    finally:
        with contextlib.suppress(ValueError):  # not in the main thread, where none is set either
            signal.signal(signal.SIGTERM, handler)


def _allow_many_files() -> None:
    """Each trial that is out holds a lock, and a cluster has many."""
    if os.name == "posix":
        limits: Any = importlib.import_module("resource")
        _, most = limits.getrlimit(limits.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            limits.setrlimit(limits.RLIMIT_NOFILE, (most, most))


def _run(
    function: Callable[[J], R],
    jobs: Sequence[J],
    workers: int,
    *,
    begin: Callable[[J], bool] = always,
    lost: Callable[[J, UserError], R] = refused,
    told: Told = nobody,
) -> Results[R]:
    """One job per CPU of the cluster, or per share of a GPU. See `base.Executor`.

    ``workers``: CPUs of a cluster that is started here.
    """
    if not jobs:
        return
    _join(workers)
    sent: _Sent[J] = _Sent(function if isinstance(function, Portable) else _Plain(function), told)
    try:
        yield from _first(sent, _Waiting.of(sent.function, jobs), begin)
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


# What waits


@dataclass
class _Waiting(Generic[J]):
    """Jobs that are not sent out yet; those that need the same things travel together."""

    groups: dict[tuple[Hashable, ...], deque[tuple[int, J]]]
    seconds: dict[tuple[Hashable, ...], float] = field(default_factory=dict)
    """Of the last jobs of a group, each."""

    @classmethod
    def of(cls, function: Portable, jobs: Iterable[J]) -> _Waiting[J]:
        groups: dict[tuple[Hashable, ...], deque[tuple[int, J]]] = {}
        for position, job in enumerate(jobs):
            groups.setdefault(_group(function, job), deque()).append((position, job))
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


def _group(function: Portable, job: Any) -> tuple[Hashable, ...]:
    return (*function.needs(job), function.device(job))


# What is out


@dataclass(frozen=True)
class _Came:
    """What came of a job on another machine."""

    result: Any = None
    out_of_memory: bool = False


@dataclass(frozen=True)
class _Report:
    """Of all jobs that travelled together."""

    came: list[_Came]
    seconds: float
    gpu_share: float
    """Of its memory, that these jobs and whatever ran beside them used."""


def _jobs(
    function: Portable, jobs: Sequence[Any], keys: Sequence[Hashable], *things: Any
) -> _Report:
    """Runs there; what is brought are views of the machine's shared memory."""
    brought, started = dict(zip(keys, things, strict=True)), time.perf_counter()
    came = []
    with one_thread():
        for job in jobs:
            try:
                came.append(_Came(function.away(job, brought)))
            except MemoryError:
                came.append(_Came(out_of_memory=True))
    device = function.device(jobs[0])
    return _Report(came, time.perf_counter() - started, _used(device))


_REMOTE: Any = ray.remote(max_retries=0)(_jobs)


def _used(device: str) -> float:
    import torch

    if device == "cpu":
        return 0.0
    free, whole = torch.cuda.mem_get_info()
    return 1.0 - free / whole


class _Sent(Generic[J]):
    """What is out, and how it fares."""

    def __init__(self, function: Portable, told: Told) -> None:
        self.function = function
        self.again: list[J] = []
        """Jobs that something of their own happened to."""
        self._out: dict[ray.ObjectRef[_Report], list[J]] = {}
        self._things: dict[Hashable, ray.ObjectRef[Any]] = {}
        self._deaths: Counter[int] = Counter()
        self._gpu_share = 1.0
        self._machines = _Machines(told)

    def is_full(self) -> bool:
        """Whether all machines have as much again as they are doing."""
        return len(self._out) >= 2 * self._machines.cpus()

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

    def came(self) -> Iterator[tuple[list[J], _Report | None]]:
        """Waits a little; what is back, each with its report. None: it never reached its end."""
        back, _ = ray.wait(list(self._out), num_returns=1, timeout=_LOOK_SECONDS)
        for reference in back:
            jobs = self._out.pop(reference)
            report = self._report(reference, jobs)
            if report is not None:
                self._machines.did(len(jobs))
                self._learn(report)
            yield jobs, report

    def _report(self, reference: ray.ObjectRef[_Report], jobs: list[J]) -> _Report | None:
        try:
            report: _Report = ray.get(reference)
            return report
        except _NODE_GONE:
            self._machines.told(f"a machine is gone: {len(jobs)} trials start anew elsewhere")
            self._deaths.update(map(id, jobs))
        except _PROCESS_GONE:
            self._machines.told(f"a process died: {len(jobs)} trials are run again by themselves")
            self._deaths.update({id(job): _DEATHS for job in jobs})
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        return None

    def is_to_blame(self, job: J) -> bool:
        """Whether it is likely that the job itself ends what it runs on."""
        return self._deaths[id(job)] >= _DEATHS

    def _learn(self, report: _Report) -> None:
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


class _Machines:
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
        self.cpus()
        return max(1.0, min((cpus for cpus in self._nodes if cpus), default=1.0))

    def did(self, jobs: int) -> None:
        self._done += jobs

    def _tell(self, now: float) -> None:
        self._said = now
        machines = f"{len(self._nodes)} node{'s' * (len(self._nodes) != 1)}"
        speed = 60 * self._done / max(now - self._since, 1e-3)
        rate = f", {speed:.0f} trials a minute" if self._done else ""
        self.told(f"{machines} with {sum(self._nodes):.0f} CPUs{rate}")


# The two rounds


def _first(sent: _Sent[J], waiting: _Waiting[J], begin: Callable[[J], bool]) -> Results[Any]:
    """All jobs; those that something happens to are left in ``sent.again``."""
    elsewhere: list[J] = []
    while True:
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
            waiting.seconds[_group(sent.function, jobs[0])] = report.seconds / len(jobs)
            for job, one in zip(jobs, report.came, strict=True):
                if one.out_of_memory:
                    sent.again.append(job)
                else:
                    yield one.result


def _alone(sent: _Sent[J], lost: Callable[[J, UserError], R]) -> Results[R]:
    """Each of those once more, with a whole machine to itself."""
    while sent.again:
        sent.send([sent.again.pop()], sent.smallest_machine(), whole_gpu=True)
    while len(sent):
        for jobs, report in sent.came():
            (job,) = jobs
            if report is None:
                yield lost(job, DIED_TWICE)
            else:
                (one,) = report.came
                yield lost(job, OUT_OF_MEMORY) if one.out_of_memory else one.result
