"""What a source of images is, how a kind of source makes itself known, and how failures read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.errors import UserError
from benchmark.tasks.raw import Raw
from benchmark.tasks.schema import Data, Task
from benchmark.tasks.workspace import disk_error


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
    read: Callable[[Path], Raw]
    """Reads, given a folder for temporary files that must outlive the result."""


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


@contextlib.contextmanager
def explained(explain: Callable[[Exception], UserError]) -> Iterator[None]:
    """Turns what goes wrong while loading into a `UserError`; a full disk is left to the cache."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # datasets, pandas, arrow and the network all raise their own
        if disk_error(error) is not None:
            raise
        raise explain(error) from error


def reason(error: BaseException) -> str:
    """The first cause, in one line: datasets wraps it twice and quotes whole tables."""
    while error.__cause__ is not None:
        error = error.__cause__
    if "corresponds to no data" in str(error):
        return "no images or rows are found there"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
