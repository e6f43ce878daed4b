"""What a task's YAML may say. Published as JSON schema in ``tasks/schema.json``."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt

from benchmark.tasks.definition.data_keys import Data, KeyModel, Text

SCHEMA_FILE = "schema.json"
_LONGEST_GRID = 100


def _few(values: Any) -> Any:
    if isinstance(values, list) and len(values) > _LONGEST_GRID:
        raise ValueError(f"a grid has at most {_LONGEST_GRID} numbers, not {len(values):,}")
    return values


def _increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise ValueError("the numbers must increase from one to the next")
    return values


Count = Annotated[StrictInt, Field(ge=1)]


class TaskFile(KeyModel):
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
    images_per_class: Annotated[
        tuple[Count, ...], Field(min_length=1), BeforeValidator(_few), AfterValidator(_increasing)
    ]
    """The grid of N: numbers of training images per class."""
    flip: StrictBool
    """Whether a mirrored image still belongs to its class (not so for letters and digits)."""
    budget: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    """Multiplies the views of every arm; photographs need more than digits."""
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


def schema_text() -> str:
    """The JSON schema of a task file, as published in ``tasks/schema.json``."""
    return json.dumps(TaskFile.model_json_schema(), indent=2) + "\n"


def write_schema(folder: Path) -> None:
    """Writes the JSON schema anew; needed after each change of the schema."""
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
