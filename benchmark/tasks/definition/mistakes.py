"""What a YAML gets wrong against the schema, in words of YAML instead of Python's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from benchmark.errors import UserError, nearest
from benchmark.tasks.definition import strict_yaml
from benchmark.tasks.definition.data_keys import Data, LoadDataset
from benchmark.tasks.definition.schema import TaskFile

_SHOWN = 80

_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "bool_type": lambda _: "true or false is expected",
    "dict_type": lambda _: "'key: value' lines are expected here",
    "finite_number": lambda _: "a finite number is expected",
    "float_parsing": lambda _: "a number is expected",
    "float_type": lambda _: "a number is expected",
    "greater_than": lambda limit: f"a number greater than {limit['gt']:g} is expected",
    "greater_than_equal": lambda limit: f"a number from {limit['ge']:g} on is expected",
    "int_type": lambda _: "a whole number is expected",
    "less_than": lambda limit: f"a number less than {limit['lt']:g} is expected",
    "less_than_equal": lambda limit: f"a number up to {limit['le']:g} is expected",
    "list_type": lambda _: "a list is expected, as in [one, another]",
    "literal_error": lambda known: f"{known['expected']} is expected",
    "model_type": lambda _: "'key: value' lines are expected here",
    "string_too_short": lambda _: "this text is empty",
    "string_type": lambda _: "text is expected",
    "too_short": lambda _: "at least one value is expected",
    "tuple_type": lambda _: "a list is expected, as in [1, 2, 5]",
}
"""What pydantic calls a mistake -> what a person calls it."""


def explained(error: ValidationError, document: strict_yaml.Document, file: Path) -> UserError:
    """All mistakes of a file at once, each with its line and, where there is one, its mend."""
    details = [dict(detail) for detail in error.errors()]
    mistakes = {_mistake(one, document) for one in details if not _follows(one, details)}
    return strict_yaml.mistakes_error(sorted(mistakes, key=str), file)


def _follows(detail: dict[str, Any], details: list[dict[str, Any]]) -> bool:
    """Whether a list is too short only because its values are mistakes themselves."""
    path = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(path)] == path and len(other["loc"]) > len(path) for other in details
    )


def _mistake(detail: dict[str, Any], document: strict_yaml.Document) -> tuple[int, str, str | None]:
    path = tuple(detail["loc"])
    line, shown = document.line(path), ".".join(str(step) for step in path)
    if detail["type"] == "extra_forbidden":
        return line, *_unknown_key(path)
    if detail["type"] == "missing":
        return line, f"the key {shown!r} is missing", None
    words = _WORDS.get(detail["type"])
    what = words(detail.get("ctx", {})) if words else detail["msg"].removeprefix("Value error, ")
    return line, f"{shown}: {what}{_given(detail['input'])}", _quotes(detail)


def _given(value: object) -> str:
    if isinstance(value, dict | list):
        return ""
    shown = json.dumps(value, default=str, ensure_ascii=False)
    return f", not {shown if len(shown) < _SHOWN else shown[:_SHOWN] + '...'}"


def _quotes(detail: dict[str, Any]) -> str | None:
    given, kind = detail["input"], detail["type"]
    if kind == "string_type" and not isinstance(given, dict | list):
        return "put the value in quotes" if given is not None else "give it, or leave the key out"
    numeral = isinstance(given, str) and given.strip().isdecimal()
    word = isinstance(given, str) and given.strip().lower() in ("true", "false", "yes", "no")
    if (kind == "int_type" and numeral) or (kind == "bool_type" and word):
        return "remove the quotes"
    return None


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
