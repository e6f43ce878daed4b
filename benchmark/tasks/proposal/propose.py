"""From a path to a proposal: opened, looked at, dealt out, settings suggested; nothing written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from benchmark.defaults import option
from benchmark.errors import UserError, listed
from benchmark.tasks.proposal import tabular
from benchmark.tasks.proposal.columns import Options
from benchmark.tasks.proposal.dealing import Dealt, deal
from benchmark.tasks.proposal.looking import Found, look
from benchmark.tasks.proposal.opening import opened, refusal_about
from benchmark.tasks.proposal.suggesting import Cost, Suggested, suggest
from benchmark.tasks.workspace import workspace


@dataclass(frozen=True)
class Proposal:
    """What somebody's images are, and the task that they make."""

    found: Found
    dealt: Dealt
    suggested: Suggested


def propose(given: str, file: Path, options: Options, cost: Cost) -> Proposal:
    """The task that ``file`` may become, out of what lies at ``given``.

    ``cost``: see `suggesting`. Raises `UserError`, which names ``given`` or the file in it, where
    it is no set of images in two classes at least.
    """
    refuse = partial(refusal_about, given)
    with _about(given, file), workspace(f"look-{file.stem}") as scratch:
        found = look(given, opened(given, file.stem, file.parent, options, scratch), refuse)
    dealt = deal(found)
    if len(dealt.train) < 2:
        reasons = [f"{reason} ({n} images)" for reason, n in dealt.left_out.items()]
        there = listed([f"{name!r} ({n})" for name, n in _counted(found)])
        raise refuse(
            f"there are not two classes to tell apart, only {there}"
            + f"; left out: {listed(reasons)}" * bool(reasons),
            _mend(given),
        )
    return Proposal(found, dealt, suggest(found, dealt, cost))


def _mend(given: str) -> str:
    endings = tuple(ending for of_kind in tabular.ENDINGS.values() for ending in of_kind)
    beside = sorted(Path(given).expanduser().glob("*"))
    table = next((file.name for file in beside if file.name.lower().endswith(endings)), None)
    if table is not None:
        return (
            f"if {table} says the classes, name the table: "
            f"{option('images')}={PurePosixPath(given, table)}"
        )
    return "every class needs two images that differ, one to train on and one for the test"


def _counted(found: Found) -> list[tuple[str, int]]:
    return list(zip(found.class_names, found.counts, strict=True))


@contextlib.contextmanager
def _about(given: str, file: Path) -> Iterator[None]:
    """Errors name what the person gave, not a task that is not there yet."""
    try:
        yield
    except UserError as error:
        where = given if error.where in (None, str(file)) else error.where
        what = error.what.removeprefix(f"task {file.stem!r}: ")
        raise type(error)(what, where=where, line=error.line, mend=error.mend) from error
