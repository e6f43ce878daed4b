"""Folders in timm's local-dir format: what is wrong with one, in words, before timm reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

from benchmark.errors import UserError

CONFIG = "config.json"
_LARGEST = 10_000_000
"""Bytes of a configuration: names of 22,000 classes are a tenth of it."""
_FORMAT = "name a folder in timm's local-dir format: config.json and model.safetensors"
_PREFERRED = (
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
)
_ENDINGS = (".safetensors", ".pth", ".pth.tar", ".bin")
"""Which file timm takes: the first of these, then the first with one of these endings."""


def configuration(folder: Path) -> dict[str, Any]:
    """What ``config.json`` says. Raises `UserError` unless it names an architecture."""
    file = folder / CONFIG
    content = _mapping(file)
    architecture = content.get("architecture")
    if architecture is None and content.keys() & {"architectures", "model_type"}:
        raise UserError(
            "this is a checkpoint of the library transformers, not of timm",
            where=file,
            mend="take a timm model: hf-hub:timm/NAME has most architectures",
        )
    if not isinstance(architecture, str):
        raise UserError(
            "not in timm's format: it has no key architecture with the name of a timm model",
            where=file,
            mend='the file begins like this: {"architecture": "resnet18", ...}',
        )
    if not isinstance(content.get("pretrained_cfg", {}), dict):
        raise UserError("pretrained_cfg is not a JSON object", where=file, mend=_FORMAT)
    if not isinstance(content.get("model_args", {}), dict):
        raise UserError("model_args is not a JSON object", where=file, mend=_FORMAT)
    return content


def _mapping(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=file, mend=_FORMAT) from error
    _check_content(file, content[:512])
    if len(content) > _LARGEST:
        raise UserError("this is far too large for a configuration", where=file, mend=_FORMAT)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise UserError("this is not JSON", where=file, line=line, mend=_FORMAT) from error
    if not isinstance(values, dict):
        raise UserError("this is not a JSON object", where=file, mend=_FORMAT)
    return values


def weights_file(folder: Path) -> Path:
    """The file that timm takes the weights from.

    Raises `UserError` where there is none, or where it can be seen not to hold weights.
    """
    endings = (sorted(folder.glob(f"*{ending}")) for ending in _ENDINGS)
    named = [folder / name for name in _PREFERRED if (folder / name).exists()]
    found = [*named, *(file for files in endings for file in files)]
    if not found:
        raise UserError(
            "there are no weights in this folder: model.safetensors is missing",
            where=folder,
            mend="put it beside config.json; only the arm scratch can do without",
        )
    file = found[0]
    if len(list(folder.glob("*.index.json"))) and "-of-" in file.name:
        raise UserError(
            "the weights are split over several files, of which timm reads one",
            where=file,
            mend="save them as one model.safetensors",
        )
    check_weights(file)
    return file


def check_weights(file: Path) -> None:
    """Raises `UserError` for what can be seen to be no file of weights, in words."""
    if not file.is_file():  # a named pipe would be waited for
        raise UserError("this is no file", where=file, mend=_FORMAT)
    try:
        with file.open("rb") as opened:
            head = opened.read(512)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=file, mend=_FORMAT) from error
    _check_content(file, head)
    if file.suffix == ".safetensors":
        _check_safetensors(file, head)


def _check_content(file: Path, head: bytes) -> None:
    """What is often found in place of a file."""
    start = head.lstrip().lower()
    if not head:
        raise UserError("this file is empty", where=file, mend="copy or download it again")
    if start.startswith((b"version https://git-lfs", b"# xet version")):
        raise UserError(
            "this is a Git LFS pointer: it stands for the file, which was never fetched",
            where=file,
            mend="git lfs pull in its repository, or download the file itself",
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(
            "this is a web page, not the file that was to be downloaded",
            where=file,
            mend="download the file itself",
        )


def _check_safetensors(file: Path, head: bytes) -> None:
    try:
        with safe_open(file, "pt"):
            return
    except Exception as error:
        raise UserError(
            _why_no_safetensors(file, head),
            where=file,
            mend="copy or download it again, or save the weights with safetensors",
        ) from error


def _why_no_safetensors(file: Path, head: bytes) -> str:
    if head.startswith((b"PK\3\4", b"\x80")):
        return "a pickled checkpoint, which would be called pytorch_model.bin, not safetensors"
    size, header = file.stat().st_size, 8 + int.from_bytes(head[:8], "little")
    if head[8:9] != b"{" or header > 100_000_000:
        return "not a file of safetensors"
    if header > size:
        return f"cut off: of at least {header} bytes {size} are there"
    return f"damaged or cut off at {size} bytes: the tensors that it lists are not all in it"
