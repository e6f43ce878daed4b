"""Joins a cluster, or starts one of this machine."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
from pathlib import Path
from typing import Any

import ray

from benchmark import defaults
from benchmark.defaults import environment
from benchmark.errors import UserError
from benchmark.harness.executors.base import worker_variables

_STARTED_WITH = {
    "RAY_agent_register_timeout_ms": "300000",  # a busy machine needs more than the default
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_worker_niceness": "0",  # as other processes have it; 15 would starve beside any
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
}
"""Settings of a cluster that starts here."""


def join(workers: int) -> None:
    """Raises `UserError` where there is no cluster at that address."""
    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS")
    variables: dict[str, Any] = {"env_vars": worker_variables()}
    # Machines of a cluster need this suite's dependencies, and get the suite itself from here.
    package = {"py_modules": [str(Path(defaults.__file__).parent)]}
    # "local": without it Ray joins whatever cluster somebody has started here.
    alone = {"address": "local", "num_cpus": workers, "include_dashboard": False}
    place = {"address": address} if address else alone
    _allow_many_files()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with environment(**_STARTED_WITH):
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
