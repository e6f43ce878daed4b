"""Tasks by name: one YAML file each, checked against the schema. Imports no torch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from benchmark.defaults import task_folders
from benchmark.errors import UserError, nearest
from benchmark.tasks import strict_yaml
from benchmark.tasks.data_keys import Data, LoadDataset
from benchmark.tasks.schema import Task, TaskFile


def task_files(folder: Path | None = None) -> dict[str, Path]:
    """Name -> YAML file of every task, sorted by name; by default of all folders of tasks.

    Raises `UserError` if there is no folder.
    """
    places = task_folders() if folder is None else (folder,)
    if not any(place.is_dir() for place in places):
        raise UserError("this folder of tasks does not exist", where=places[0])
    found: dict[str, Path] = {}
    for place in places:
        found = {file.stem: file for file in place.glob("*.yaml")} | found
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
        places = task_folders() if folder is None else (folder,)
        raise UserError(
            f"unknown task {name!r}{nearest(name, list(known))}",
            where=", ".join(map(str, places)),
            mend=_how_to_name(name, places, list(known)),
        )
    file = known[name]
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name, re.ASCII):
        raise UserError("a task's file name is made of letters, digits, '_' and '-'", where=file)
    document = strict_yaml.load(file)
    try:
        checked = TaskFile.model_validate(document.values)
    except ValidationError as error:
        raise _schema_error(error, document, file) from error
    return Task(**dict(checked), name=name, folder=file.parent.resolve())


def _how_to_name(name: str, places: Sequence[Path], known: list[str]) -> str:
    if "/" not in name and any((place / f"{name}.yml").is_file() for place in places):
        return f"rename {name}.yml to {name}.yaml"
    new = f"a new one is a new .yaml file in {places[0]}"
    return f"the tasks here are: {', '.join(known) or 'none'}; {new}"


def load_tasks(names: Iterable[str] | None = None, folder: Path | None = None) -> list[Task]:
    """The named tasks, or all of them. Raises `UserError` as `load_task` does."""
    return [load_task(name, folder) for name in (task_names(folder) if names is None else names)]


def _schema_error(error: ValidationError, document: strict_yaml.Document, file: Path) -> UserError:
    mistakes = {_mistake(dict(detail), document) for detail in error.errors()}
    return strict_yaml.mistakes_error(sorted(mistakes, key=str), file)


def _mistake(detail: dict[str, Any], document: strict_yaml.Document) -> tuple[int, str, str | None]:
    path = tuple(detail["loc"])
    line, shown = document.line(path), ".".join(str(step) for step in path)
    if detail["type"] == "extra_forbidden":
        return line, *_unknown_key(path)
    if detail["type"] == "missing":
        return line, f"the key {shown!r} is missing", None
    what = detail["msg"].removeprefix("Value error, ")
    if detail["type"] in ("model_type", "dict_type"):
        what = "'key: value' lines are expected here"
    return line, f"{shown}: {what[0].lower()}{what[1:]}{_given(detail['input'])}", _quotes(detail)


def _given(value: object) -> str:
    return "" if isinstance(value, dict | list) else f", not {json.dumps(value, default=str)}"


def _quotes(detail: dict[str, Any]) -> str | None:
    is_text = detail["type"] == "string_type" and detail["input"] is not None
    return "put the value in quotes" if is_text else None


def _unknown_key(path: tuple[str | int, ...]) -> tuple[str, str]:
    key = str(path[-1])
    if key == "trust_remote_code":
        return "'trust_remote_code' is refused: data sets bring no code here", "remove the key"
    legal = list(_model_at(path[:-1]).model_fields)
    close = nearest(key, legal)
    return f"unknown key {'.'.join(map(str, path))!r}{close}", f"legal keys: {', '.join(legal)}"


def _model_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    models: dict[str, type[BaseModel]] = {"data": Data, "data.load_dataset": LoadDataset}
    return models.get(".".join(map(str, path)), TaskFile)
