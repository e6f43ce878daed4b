"""Tasks: one YAML file each in ``tasks/``, checked against a schema. Imports no torch."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from benchmark import strict_yaml
from benchmark.errors import UserError, nearest

DEFAULT_FOLDER = Path(
    os.environ.get("BENCHMARK_TASKS") or Path(__file__).resolve().parent.parent / "tasks"
)
SCHEMA_FILE = "schema.json"
BUILDERS = ("imagefolder", "parquet", "csv")

Text = Annotated[str, Field(strict=True, min_length=1)]
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)[:/]")


def _relative(path: str) -> str:
    if "://" in path or "::" in path:
        raise ValueError("addresses are not taken here; name the archive under 'archive'")
    if Path(path).is_absolute() or path.startswith("~") or ".." in Path(path).parts:
        raise ValueError("the path must stay inside its folder: no absolute path, no '..'")
    return path


def _increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise ValueError("the numbers must increase from one to the next")
    return values


def _address(url: str) -> str:
    # An archive carries no signature, so the way to it has to be safe.
    if not (url.startswith("https://") or _LOOPBACK.match(url)):
        raise ValueError("an address that starts with https:// is expected")
    if "@" in url.split("/")[2]:
        raise ValueError("no user name or password in an address: records repeat it")
    return url


RelativePath = Annotated[Text, AfterValidator(_relative)]
Patterns = Annotated[
    list[RelativePath],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Count = Annotated[StrictInt, Field(ge=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LoadDataset(_Model):
    """Arguments of ``datasets.load_dataset``, as its documentation explains them."""

    path: Text
    """``imagefolder``, ``parquet``, ``csv``, or a data set on the Hugging Face hub (ORG/NAME)."""
    name: Text | None = None
    """Configuration of a data set on the hub."""
    revision: Text | None = None
    """Commit of a data set on the hub; needed there, so that the data stay what they are."""
    data_dir: RelativePath | None = None
    """Folder with the files, relative to the YAML's folder, or to the archive's top."""
    data_files: Annotated[dict[Text, Patterns], Field(min_length=1)] | None = None
    """Files of each split, patterns such as ``train/**`` allowed; relative as ``data_dir`` is."""

    @property
    def on_hub(self) -> bool:
        """Whether the data lie on the Hugging Face hub."""
        return self.path not in BUILDERS

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.on_hub:
            self._check_hub()
        elif self.revision is not None or self.name is not None:
            raise ValueError("'name' and 'revision' belong to data sets on the hub")
        elif self.data_dir is None and self.data_files is None:
            raise ValueError(f"{self.path} needs 'data_dir' or 'data_files'")
        return self

    def _check_hub(self) -> None:
        if not _HUB_ID.fullmatch(self.path):
            close = nearest(self.path, list(BUILDERS))
            raise ValueError(
                f"unknown path {self.path!r}{close}; it is one of {', '.join(BUILDERS)} "
                "or ORG/NAME on the hub"
            )
        if self.revision is None or not _COMMIT.fullmatch(self.revision):
            raise ValueError("a data set on the hub needs 'revision': the commit, 40 hex digits")


class Data(_Model):
    """Where the images come from: the mirror where it is found, else the source that is named."""

    mirror: RelativePath | None = None
    """``$BENCHMARK_DATA/<mirror>/{train,test}.parquet``, columns ``image`` and ``label``."""
    sklearn: Literal["digits"] | None = None
    """A data set that comes with scikit-learn."""
    load_dataset: LoadDataset | None = None
    """A data set that the library ``datasets`` loads."""
    archive: Annotated[Text, AfterValidator(_address)] | None = None
    """Address of a zip file in which ``load_dataset`` finds its files."""
    image_column: Text = "image"
    """Column with the images: encoded images, or paths of image files."""
    label_column: Text = "label"
    """Column with the classes: class labels, whole numbers or text."""
    train_split: Text = "train"
    """Split with the training images; ``train+validation`` joins two."""
    test_split: Text | None = None
    """Split with the test images; ``test`` unless ``test_fraction`` is given."""
    test_fraction: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None = None
    """Share of each class's images that becomes the test split, where none is published."""
    split_seed: Annotated[StrictInt, Field(ge=0)] = 0
    """Another number gives another split by ``test_fraction``."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.mirror is None and self.sklearn is None and self.load_dataset is None:
            raise ValueError("one of 'load_dataset', 'sklearn' or 'mirror' is needed")
        if self.sklearn is not None and (self.load_dataset or self.archive):
            raise ValueError("'sklearn' excludes 'load_dataset' and 'archive'")
        if self.archive is not None and (self.load_dataset is None or self.load_dataset.on_hub):
            raise ValueError("'archive' needs 'load_dataset' with one of " + ", ".join(BUILDERS))
        if self.image_column == self.label_column:
            raise ValueError("'image_column' and 'label_column' name the same column")
        if self.test_fraction is not None and self.test_split is not None:
            raise ValueError("'test_split' and 'test_fraction' exclude each other")
        if self.sklearn is not None and self.test_fraction is None:
            raise ValueError("scikit-learn's sets have no test split: 'test_fraction' is needed")
        return self


class TaskFile(_Model):
    """A task: one data set, how to load it, and on which grid it is measured."""

    title: Text
    """What a table calls the task."""
    domain: Text = "not stated"
    """What the images show, in a few words."""
    description: Text = "not stated"
    """What one should know of the data, known flaws included."""
    licence: Text = "not stated"
    """Licence of the images, as their source states it."""
    citation: Text = "not stated"
    """Authors, title, year."""
    homepage: Text | None = None
    """Address of the source."""
    image_size: Annotated[StrictInt, Field(ge=8, le=1024)]
    """Side of the square images that the network sees by default, in pixels."""
    images_per_class: Annotated[tuple[Count, ...], Field(min_length=1), AfterValidator(_increasing)]
    """The grid of N: numbers of training images per class."""
    flip: StrictBool
    """Whether a mirrored image still belongs to its class (not so for letters and digits)."""
    budget: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    """Multiplies the optimiser steps of every arm; photographs need more than digits."""
    development: StrictBool = False
    """Whether hyper-parameters are chosen on this task's training images."""
    data: Data
    """Where the images come from."""
    accepted_duplicates: Annotated[StrictInt, Field(ge=0)] = 0
    """Number of test images that are also training images, known and accepted."""


class Task(TaskFile):
    """A task as its file states it, with its name and the folder that paths are relative to."""

    name: str
    folder: Path

    @property
    def file(self) -> Path:
        """The YAML file of the task."""
        return self.folder / f"{self.name}.yaml"


def task_names(folder: Path = DEFAULT_FOLDER) -> list[str]:
    """Names of the tasks in ``folder``, sorted. Raises `UserError` if there is no such folder."""
    if not folder.is_dir():
        raise UserError("this folder of tasks does not exist", where=folder)
    return sorted(file.stem for file in folder.glob("*.yaml"))


def load_task(name: str, folder: Path = DEFAULT_FOLDER) -> Task:
    """Reads and checks ``folder/name.yaml``.

    Raises `UserError` for an unknown name (with the nearest known one) and for a file with
    mistakes: all mistakes against the schema at once, each with its line.
    """
    known = task_names(folder)
    if name not in known:
        raise UserError(
            f"unknown task {name!r}{nearest(name, known)}",
            where=folder,
            mend=_how_to_name(name, folder, known),
        )
    file = folder / f"{name}.yaml"
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name, re.ASCII):
        raise UserError("a task's file name is made of letters, digits, '_' and '-'", where=file)
    document = strict_yaml.load(file)
    try:
        checked = TaskFile.model_validate(document.values)
    except ValidationError as error:
        raise _schema_error(error, document, file) from error
    return Task(**dict(checked), name=name, folder=folder.resolve())


def _how_to_name(name: str, folder: Path, known: list[str]) -> str:
    if "/" not in name and (folder / f"{name}.yml").is_file():
        return f"rename {name}.yml to {name}.yaml"
    return f"the tasks here are: {', '.join(known) or 'none'}; a new one is a new .yaml file"


def load_tasks(names: Iterable[str] | None = None, folder: Path = DEFAULT_FOLDER) -> list[Task]:
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


def schema_text() -> str:
    """The JSON schema of a task file, as published in ``tasks/schema.json``."""
    return json.dumps(TaskFile.model_json_schema(), indent=2) + "\n"


def write_schema(folder: Path = DEFAULT_FOLDER) -> None:
    """Writes the JSON schema anew; needed after each change of the schema."""
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
