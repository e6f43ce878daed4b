"""What a source of images is, how a kind of source makes itself known, and how failures read."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.errors import UserError
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.reading.parts import Reading, Refusal


class UnavailableError(UserError):
    """The data lie on another machine that cannot be reached; the task itself may be sound."""


@dataclass(frozen=True)
class Source:
    """A place that a task's images can be read from."""

    description: str
    """In words that mean the same on every machine."""
    identity: dict[str, Any]
    """Changes whenever the data may have changed."""
    remote: bool
    """Whether reading needs the network."""
    data: Data
    """How it is read: as the task says, but for a mirror."""
    refuse: Refusal
    """Errors about what is there."""
    read: Callable[[Path], Reading]
    """Reads, given a folder for temporary files that must outlive the result."""

    def unlisted(self, read: Iterable[Path]) -> list[Path]:
        """Files of this machine that were ``read`` and that the identity does not tell of.

        A table names images wherever they lie.
        """
        if "files" not in self.identity:
            return []
        root = self.identity["root"]
        listed = {path for path, *_ in self.identity["files"]}
        return [file for file in read if os.path.relpath(file, root) not in listed]


Kind = Callable[[Task], Source | None]
"""Looks at a task and at local files, asks no network; None for a task of another kind."""

KINDS: list[Kind] = []
"""All that are registered, in the order in which they are asked."""


def register(kind: Kind, *, first: bool = False) -> Kind:
    """Makes ``kind`` known; one that comes ``first`` is asked before what the YAML names."""
    KINDS.insert(0 if first else len(KINDS), kind)
    return kind


def settings(data: Data) -> dict[str, Any]:
    """The part of a source's identity that a task's YAML decides."""
    return {"settings": data.model_dump(mode="json", exclude={"mirror"})}


def library() -> Any:
    """``datasets``, which takes long to import, kept from talking to people and to servers."""
    import datasets

    # Otherwise every load, of local files too, sends a request to a server that counts loads.
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    # It prints what it raises as well.
    datasets.logging.set_verbosity(logging.CRITICAL)
    return datasets
