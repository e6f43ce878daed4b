"""Tasks by name: one YAML file each, checked against the schema. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from benchmark.defaults import task_folders
from benchmark.errors import UserError, nearest
from benchmark.tasks.definition import mistakes, strict_yaml
from benchmark.tasks.definition.schema import Task, TaskFile

NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)
"""What a task may be called."""


def task_files(folder: Path | None = None) -> dict[str, Path]:
    """Name -> YAML file of every task, sorted by name; by default of all folders of tasks.

    Hidden files are none: on foreign disks some systems put one beside each file. Raises
    `UserError` if there is no folder.
    """
    places = task_folders() if folder is None else (folder,)
    if not any(place.is_dir() for place in places):
        raise UserError(
            "this folder of tasks does not exist",
            where=places[0],
            mend="make it, or set BENCHMARK_TASKS to one that is there",
        )
    found: dict[str, Path] = {}
    for place in places:
        files = (file for file in place.glob("*.yaml") if not file.name.startswith("."))
        found = {file.stem: file for file in files} | found
    return dict(sorted(found.items()))


def task_names(folder: Path | None = None) -> list[str]:
    """Names of the tasks, sorted. Raises `UserError` as `task_files` does."""
    return list(task_files(folder))


def load_task(name: str, folder: Path | None = None) -> Task:
    """Reads and checks the task ``name``.

    Raises `UserError` for an unknown name (with the nearest known one) and for a file with
    mistakes: all mistakes against the schema at once, each with its line.
    """
    known = task_files(folder)
    if name not in known:
        shown = name if len(name) < 80 else f"{name[:77]}..."
        places = task_folders() if folder is None else (folder,)
        raise UserError(
            f"unknown task {shown!r}{nearest(name, list(known))}",
            where=", ".join(map(str, places)),
            mend=_how_to_name(name, places, list(known)),
        )
    file = known[name]
    if not NAME.fullmatch(name):
        raise UserError(
            "a task's file name is made of letters, digits, '_' and '-'",
            where=file,
            mend="rename it",
        )
    document = strict_yaml.load(file)
    try:
        checked = TaskFile.model_validate(document.values)
    except ValidationError as error:
        raise mistakes.explained(error, document, file) from error
    return Task(**dict(checked), name=name, folder=file.parent.resolve())


def _how_to_name(name: str, places: Sequence[Path], known: list[str]) -> str:
    if any(file.stem == name for place in places for file in place.glob("*.yml")):
        return f"rename {name}.yml to {name}.yaml"
    new = f"a new one is a new .yaml file in {places[0]}"
    return f"the tasks here are: {', '.join(known) or 'none'}; {new}"


def load_tasks(names: Iterable[str] | None = None, folder: Path | None = None) -> list[Task]:
    """The named tasks, or all of them. Raises `UserError` as `load_task` does."""
    return [load_task(name, folder) for name in (task_names(folder) if names is None else names)]


def sound_tasks(told: Callable[[UserError], object], folder: Path | None = None) -> list[Task]:
    """All tasks but those with mistakes, of which ``told`` hears. Raises `UserError` without a
    folder of tasks."""
    found = []
    for name in task_names(folder):
        try:
            found.append(load_task(name, folder))
        except UserError as fault:
            told(fault)
    return found
