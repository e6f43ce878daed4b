"""A folder of images becomes a task: looked at, written, validated. And what a run of it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmark.checks.validate import Report, validate
from benchmark.defaults import BUNDLED, LISTS, LOCAL, RECORDED
from benchmark.harness import estimate, plan, sweep
from benchmark.harness.estimate import Estimate
from benchmark.tasks.load import load_task
from benchmark.tasks.proposal import writing
from benchmark.tasks.proposal.propose import Proposal, propose
from benchmark.tasks.proposal.tabular import Options

ARMS = ("scratch", "finetune", "probe")
SEEDS = 5


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
    proposal = propose(images, file, options or Options(), estimate.rough)
    tell(proposal)
    listed = writing.write(file, proposal.found, proposal.dealt, proposal.suggested)
    report = validate([name], lists=LISTS, download=True)
    return NewTask(name, proposal, file, listed, report)


def cost(name: str, workers: int) -> Estimate:
    """Of a run of the task ``name`` with the bundled backbone and five seeds, less what is stored.

    Raises `UserError` for a task that cannot be run.
    """
    planned = plan.prepare(plan.Selection((load_task(name),), (BUNDLED,), ARMS, seeds=SEEDS))
    todo = sweep.missing(LOCAL, planned.jobs)
    return estimate.estimate(todo, workers, (LOCAL, RECORDED))
