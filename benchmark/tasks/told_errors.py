"""Errors of libraries become errors for people."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from benchmark.errors import UserError
from benchmark.tasks.workspace import disk_error


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


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on; the first cause comes last."""
    yield error
    if error.__cause__ is not None:
        yield from causes(error.__cause__)


def reason(error: BaseException) -> str:
    """The first cause, in one line: datasets wraps it twice and quotes whole tables."""
    *_, error = causes(error)
    if "corresponds to no data" in str(error):
        return "no images or rows are found there"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
