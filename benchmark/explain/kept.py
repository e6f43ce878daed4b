"""Watched trainings in the cache, each a file of safetensors: questions share them.

They spare time and decide nothing. Whatever is wrong with a file, its training is done again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import safetensors.torch
from pydantic import TypeAdapter
from safetensors import safe_open

from benchmark import files
from benchmark.defaults import cache_folder
from benchmark.explain.variant import Variant
from benchmark.explain.watched import Course, State, Watched, train
from benchmark.harness.job import device_of, versions

LIMIT = 2**31
"""Bytes of all of them; the oldest go first."""
_SUFFIX = ".safetensors"
_COURSE = "course"
_ADAPTER = TypeAdapter(Course)


def watched(variant: Variant) -> Watched:
    """From the cache, or trained and put there. Raises `UserError` as `train` does."""
    file = _file(variant)
    with contextlib.suppress(Exception):  # there may be anything in such a file
        return _read(file)
    made = train(variant)
    with contextlib.suppress(OSError):  # a full disk keeps nobody from going on
        files.write(file, _as_bytes(made))
        files.keep_newest(file.parent, f"*{_SUFFIX}", LIMIT)
    return made


def is_kept(variant: Variant) -> bool:
    """Whether the cache has it, as far as one can see without reading it."""
    return _file(variant).is_file()


def _file(variant: Variant) -> Path:
    key = files.digest([variant.fingerprint, versions(), device_of(variant.job)])
    return cache_folder() / "explain" / f"{key}{_SUFFIX}"


def _as_bytes(made: Watched) -> bytes:
    tensors = {
        f"{when}/{name}": tensor.contiguous()
        for when, state in (("start", made.start), ("end", made.end))
        for name, tensor in state.items()
    }
    course = _ADAPTER.dump_json(made.course).decode()
    return safetensors.torch.save(tensors, {_COURSE: course})


def _read(file: Path) -> Watched:
    states: dict[str, State] = {"start": {}, "end": {}}
    with safe_open(file, "pt") as opened:
        course = _ADAPTER.validate_json(opened.metadata()[_COURSE])
        for key in opened.keys():  # noqa: SIM118
            when, _, name = key.partition("/")
            states[when][name] = opened.get_tensor(key)
    return Watched(course, states["start"], states["end"])
