"""What a task's YAML may say. Published as JSON schema in ``tasks/schema.json``."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from benchmark.errors import nearest

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


def _sha256(digits: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", digits.lower()):
        raise ValueError("a SHA-256 is expected: 64 hex digits")
    return digits.lower()


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
    sha256: Annotated[Text, AfterValidator(_sha256)] | None = None
    """SHA-256 of the archive, 64 hex digits; another file behind the address is refused then."""
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
        if self.sha256 is not None and self.archive is None:
            raise ValueError("'sha256' belongs to an 'archive'")
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
