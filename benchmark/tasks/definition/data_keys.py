"""What a task's YAML may say under ``data``: where the images and their classes come from."""

from __future__ import annotations

import glob
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from benchmark.errors import nearest

BUILDERS = ("imagefolder", "parquet", "csv", "json", "save_to_disk")

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)[:/]")
_LONGEST_PATH, _LONGEST_NAME = 1024, 255
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("text holds no control characters")
    return text


Text = Annotated[str, Field(strict=True, min_length=1), AfterValidator(_without_control_characters)]


def _relative(path: str) -> str:
    if "://" in path or "::" in path:
        raise ValueError("addresses are not taken here; name the archive under 'archive'")
    if Path(path).is_absolute() or path.startswith("~") or ".." in Path(path).parts:
        raise ValueError(
            "the path must stay inside its folder: no absolute path, no '..'; "
            "'root' under 'data' names a folder elsewhere"
        )
    return _path(path)


def _path(path: str) -> str:
    longest = max((len(part.encode()) for part in Path(path).parts), default=0)
    if len(path) > _LONGEST_PATH or longest > _LONGEST_NAME:
        raise ValueError(f"a path has at most {_LONGEST_PATH} letters, a name {_LONGEST_NAME}")
    return path


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


def _classes(value: Any) -> Any:
    """A list or a mapping of class names becomes ``{new name: (old names, ...)}``."""
    if isinstance(value, list):
        value = {name if isinstance(name, str) else json.dumps(name): name for name in value}
    if not isinstance(value, dict):
        raise ValueError("a list of classes, or 'new name: old name' lines, are expected")
    chosen = {new: old if isinstance(old, list) else [old] for new, old in value.items()}
    named = [name for names in chosen.values() for name in names]
    for name in named:
        if not isinstance(name, str):
            raise ValueError(f"class names are text: put {json.dumps(name)} in quotes")
        if named.count(name) > 1:
            raise ValueError(f"the class {name!r} is named twice")
    if len(chosen) < 2 or not all(chosen.values()):
        raise ValueError("at least two classes are needed, each with a class of the data")
    return chosen


def _regular_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    return pattern


Classes = Annotated[
    dict[str, tuple[str, ...]],
    BeforeValidator(_classes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {
                    "type": "object",
                    "additionalProperties": {
                        "anyOf": [
                            {"type": "string"},
                            {"type": "array", "items": {"type": "string"}},
                        ]
                    },
                },
            ]
        }
    ),
]


class KeyModel(BaseModel):
    """Keys of a YAML: none but those that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LoadDataset(KeyModel):
    """Which files, or which data set of the Hugging Face hub."""

    path: Text
    """``imagefolder``, ``parquet``, ``csv``, ``json`` (one object a line), ``save_to_disk`` (a
    folder that ``datasets`` saved), or a data set on the Hugging Face hub (ORG/NAME)."""
    name: Text | None = None
    """Configuration of a data set on the hub."""
    revision: Text | None = None
    """Commit of a data set on the hub; needed there, so that the data stay what they are."""
    data_dir: RelativePath | None = None
    """Folder with the files, relative to the YAML's folder, to ``root``, or to the archive's top.
    Its folders ``train`` and ``test`` are the splits; in them, each folder is a class."""
    data_files: Annotated[dict[Text, Patterns], Field(min_length=1)] | None = None
    """Files of each split, patterns such as ``train/**`` allowed; relative as ``data_dir`` is."""

    @property
    def on_hub(self) -> bool:
        """Whether the data lie on the Hugging Face hub."""
        return self.path not in BUILDERS

    @property
    def patterns(self) -> dict[str, list[str]]:
        """Split -> the patterns of its files, with the folder in front of them."""
        top = f"{glob.escape(self.data_dir)}/" if self.data_dir else ""
        return {
            split: [top + pattern for pattern in given]
            for split, given in (self.data_files or {}).items()
        }

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.on_hub:
            self._check_hub()
        elif self.revision is not None or self.name is not None:
            raise ValueError("'name' and 'revision' belong to data sets on the hub")
        elif self.data_dir is None and self.data_files is None:
            raise ValueError(f"{self.path} needs 'data_dir' or 'data_files'")
        elif self.path == "save_to_disk" and (self.data_dir is None or self.data_files):
            raise ValueError("save_to_disk takes 'data_dir', the folder that was saved, alone")
        return self

    def _check_hub(self) -> None:
        if not HUB_ID.fullmatch(self.path):
            close = nearest(self.path, list(BUILDERS))
            raise ValueError(
                f"unknown path {self.path!r}{close}; it is one of {', '.join(BUILDERS)} "
                "or ORG/NAME on the hub"
            )
        if self.revision is None or not _COMMIT.fullmatch(self.revision):
            raise ValueError("a data set on the hub needs 'revision': the commit, 40 hex digits")


class Data(KeyModel):
    """Where the images come from: the mirror where it is found, else the source that is named."""

    mirror: RelativePath | None = None
    """``$BENCHMARK_DATA/<mirror>/{train,test}.parquet``, columns ``image`` and ``label``."""
    sklearn: Literal["digits"] | None = None
    """A data set that comes with scikit-learn."""
    load_dataset: LoadDataset | None = None
    """Files, or a data set of the Hugging Face hub."""
    root: Annotated[Text, AfterValidator(_path)] | None = None
    """Folder in which ``load_dataset`` finds its files, anywhere on this machine: an absolute
    path, or ``$NAME/...`` with an environment variable. No path in the data may leave it."""
    archive: Annotated[Text, AfterValidator(_address)] | None = None
    """Address of a zip file in which ``load_dataset`` finds its files."""
    sha256: Annotated[Text, AfterValidator(_sha256)] | None = None
    """SHA-256 of the archive, 64 hex digits; another file behind the address is refused then."""
    image_column: Text = "image"
    """Column with the images: encoded images, base64 text, or paths of image files."""
    label_column: Text = "label"
    """Column with the classes: class labels, whole numbers, true or false, or text."""
    white: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Value that is white in grey images of more than 8 bits: 65535 unless it is given, 4095 where
    a camera puts 12 bits into 16."""
    label: Literal["path", "leaf", "top"] | None = None
    """Which folders name the class of an image where they are nested: all (``path``), the last
    (``leaf``) or the first (``top``)."""
    classes: Classes | None = None
    """The classes of the task, where they are not just those of the data: a list chooses some,
    ``new name: old name`` renames, ``new name: [one, another]`` joins. Others are left out."""
    drop_classes: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """Classes of the data that are left out, all others are kept."""
    train_split: Text = "train"
    """Split with the training images; ``train+validation`` joins two. Letter case does not
    matter, and ``validation`` finds ``val``, ``valid`` or ``dev``."""
    test_split: Text | None = None
    """Split with the test images; ``test`` unless ``test_fraction`` is given."""
    test_fraction: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None = None
    """Share of each class's training images that becomes the test split, where none is published.
    Images of a folder that is called ``test`` are not touched."""
    split_file: RelativePath | None = None
    """CSV beside the YAML that says of each image whether it is for training or for the test:
    columns ``image``, ``split`` (``train``, ``test`` or ``left out``) and ``reason``, as ``task``
    writes them. Images that it does not name are left out. With ``test_split`` it can only leave
    images out; without, it deals out all images of ``train_split``."""
    split_seed: Annotated[StrictInt, Field(ge=0)] = 0
    """Another number gives another split by ``test_fraction``."""
    group: Text | None = None
    """Column whose values tie images together, such as that of the patient: ``test_fraction``
    then puts all images of one group on one side."""
    group_pattern: Annotated[Text, AfterValidator(_regular_expression)] | None = None
    """As ``group``, for names of files: a regular expression that is searched in the name (in the
    path, if the expression holds ``/``); its first bracket, or all it finds, is the group."""

    @property
    def cuts(self) -> bool:
        """Whether the test split is taken out of the images of ``train_split``."""
        listed = self.split_file is not None and self.test_split is None
        return listed or self.test_fraction is not None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.mirror is None and self.sklearn is None and self.load_dataset is None:
            raise ValueError("one of 'load_dataset', 'sklearn' or 'mirror' is needed")
        if self.sklearn is not None and (self.load_dataset or self.archive or self.root):
            raise ValueError("'sklearn' excludes 'load_dataset', 'archive' and 'root'")
        files = self.load_dataset is not None and not self.load_dataset.on_hub
        for key in ("archive", "root"):
            if getattr(self, key) is not None and not files:
                raise ValueError(f"{key!r} needs 'load_dataset' with one of {', '.join(BUILDERS)}")
        if self.archive is not None and self.root is not None:
            raise ValueError("'archive' and 'root' exclude each other")
        if self.sha256 is not None and self.archive is None:
            raise ValueError("'sha256' belongs to an 'archive'")
        path = None if self.load_dataset is None else self.load_dataset.path
        if self.label is not None and path != "imagefolder":
            raise ValueError("'label' belongs to an imagefolder")
        return self

    @model_validator(mode="after")
    def _splits(self) -> Self:
        names = self.train_split.split("+")
        if not all(names) or len(set(names)) < len(names):
            raise ValueError("'train_split' names splits, each once, with a + in between")
        if self.test_fraction is not None and self.test_split is not None:
            raise ValueError("'test_split' and 'test_fraction' exclude each other")
        if self.test_fraction is not None and self.split_file is not None:
            raise ValueError("'split_file' and 'test_fraction' exclude each other")
        if self.sklearn is not None and self.test_fraction is None:
            raise ValueError("scikit-learn's sets have no test split: 'test_fraction' is needed")
        if not self.cuts and (self.test_split or "test") in names:
            raise ValueError(
                f"'test_split' is the same split as in 'train_split', {self.test_split or 'test'}: "
                "training and test images must differ"
            )
        if (self.group or self.group_pattern) and self.test_fraction is None:
            raise ValueError("'group' and 'group_pattern' need 'test_fraction'")
        return self

    @model_validator(mode="after")
    def _columns(self) -> Self:
        columns = [self.image_column, self.label_column, *([self.group] if self.group else [])]
        if len(set(columns)) < len(columns):
            raise ValueError("'image_column', 'label_column' and 'group' name the same column")
        if self.group is not None and self.group_pattern is not None:
            raise ValueError("'group' and 'group_pattern' exclude each other")
        if self.classes is not None and self.drop_classes is not None:
            raise ValueError("'classes' and 'drop_classes' exclude each other")
        return self
