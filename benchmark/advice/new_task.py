"""A folder of images becomes a task: looked at, written, validated. And what a run of it costs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmark.checks.validate import Report, validate
from benchmark.defaults import ARMS, BUNDLED, LISTS, LOCAL, RECORDED, SEEDS, task_folders
from benchmark.errors import UserError
from benchmark.harness import estimate, plan, sweep
from benchmark.harness.estimate import Estimate, rough
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task, task_files
from benchmark.tasks.proposal import writing
from benchmark.tasks.proposal.columns import Options
from benchmark.tasks.proposal.propose import Proposal, propose

_LONGEST_NAME = 40
_MOST_NUMBERS = 100


@dataclass(frozen=True)
class NewTask:
    """A task that was written."""

    name: str
    proposal: Proposal
    file: Path
    """The YAML."""
    split_file: Path | None
    """The list of its images by side; None where the split is published and used whole."""
    validation: Report


def new_task(
    images: str,
    name: str,
    options: Options | None = None,
    *,
    force: bool = False,
    tell: Callable[[Proposal], object] = lambda proposal: None,
) -> NewTask:
    """Writes the task ``name`` for what lies at ``images``: a folder, a table, ORG/NAME on the hub.

    ``force``: over a task of that name. ``tell`` hears what was found before anything is written.
    Raises `UserError` where images, name or task folder do not allow it; nothing is written then.
    """
    file = writing.check_name(name, force=force)
    proposal = propose(images, file, options or Options(), rough)
    tell(proposal)
    return _written(name, proposal, file)


def _written(name: str, proposal: Proposal, file: Path) -> NewTask:
    listed = writing.write(file, proposal.found, proposal.dealt, proposal.suggested)
    return _checked(name, proposal, file, listed)


def _checked(name: str, proposal: Proposal, file: Path, listed: Path | None) -> NewTask:
    return NewTask(name, proposal, file, listed, validate([name], lists=LISTS, download=True))


def new_or_same(
    images: str,
    name: str | None = None,
    options: Options | None = None,
    *,
    force: bool = False,
    tell: Callable[[Proposal], object] = lambda proposal: None,
) -> NewTask:
    """As `new_task`, but a task that was written for the same images stays as it is.

    Without a ``name`` the task is called as the images are, with a number behind it where a task of
    that name has other images. ``force``: what was changed in it by hand is lost, too.
    """
    names = list(_names(images)) if name is None else [name]
    known = task_files() if task_folders()[0].is_dir() else {}
    if name is not None and name not in known:
        writing.check_name(name, force=force)  # before a long look
    proposal = propose(images, task_folders()[0] / f"{names[0]}.yaml", options or Options(), rough)
    tell(proposal)
    taken = [*itertools.takewhile(writing.is_taken, names)]
    same = next((task for one in taken if (task := _same(one, proposal))), None)
    if same is not None and not force:
        beside = same.file.with_suffix(".csv")
        return _checked(same.name, proposal, same.file, beside if beside.is_file() else None)
    free = names[min(len(taken), len(names) - 1)]
    chosen = free if same is None else same.name
    return _written(chosen, proposal, writing.check_name(chosen, force=force))


def _names(images: str) -> Iterator[str]:
    words = re.sub(r"[^A-Za-z0-9]+", "_", Path(images).resolve().stem).strip("_").lower()
    name = words[:_LONGEST_NAME] or "images"
    yield name
    yield from (f"{name}_{number}" for number in range(2, _MOST_NUMBERS))


def _same(name: str, proposal: Proposal) -> Task | None:
    """The task of that name, if it was written for these images."""
    try:
        task = load_task(name)
    except UserError:
        return None
    same = writing.is_written(task, proposal.found, proposal.dealt, proposal.suggested)
    return task if same else None


def cost(name: str, workers: int) -> Estimate:
    """Of a run of the task ``name`` with the bundled backbone and five seeds, less what is stored.

    Raises `UserError` for a task that cannot be run.
    """
    planned = plan.prepare(plan.Selection((load_task(name),), (BUNDLED,), ARMS, seeds=SEEDS))
    todo = sweep.missing(LOCAL, planned.jobs)
    return estimate.estimate(todo, workers, (LOCAL, RECORDED))
