"""Which source a task's images are read from on this machine."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from benchmark.tasks import sources
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.sources import base


def find(task: Task) -> base.Source:
    """The source that is used on this machine; looks at local files, asks no network.

    The mirror comes first where there is one, then what the task's YAML names.
    Raises `UserError` for local files that are missing or lie outside of the task's folder.
    """
    for kind in _kinds():
        if source := kind(task):
            return source
    raise base.UnavailableError(
        f"task {task.name!r} has no source but the mirror {task.data.mirror!r}",
        where=task.file,
        mend="set BENCHMARK_DATA to the folder of the mirrors",
    )


@functools.cache
def _kinds() -> tuple[base.Kind, ...]:
    for module in pkgutil.iter_modules(sources.__path__):
        importlib.import_module(f"{sources.__name__}.{module.name}")
    return tuple(base.KINDS)
