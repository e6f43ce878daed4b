"""Test images that are training images: how many of them a task may have. Pure."""

from __future__ import annotations

from benchmark.defaults import COMMAND
from benchmark.errors import UserError
from benchmark.tasks.definition.schema import Task

SHARE = 0.05
"""So large a part of the test images may be training images without anybody's consent."""

_MISTAKE = 0.2
"""Where the part is larger, the splits overlap by mistake: consent would mend nothing."""


def refusal(task: Task, leaked: int, test_images: int) -> UserError | None:
    """Why the task is refused; None where so many leaked images are few, or accepted by number."""
    share = leaked / test_images
    if leaked <= task.accepted_duplicates or share <= SHARE:
        return None
    what = f"{leaked} of {test_images} test images ({share:.0%}) are also training images"
    remove = f"remove them from one of the splits; '{COMMAND} validate' lists them"
    if share > _MISTAKE:
        mend = f"the splits overlap; let each file lie in one of them, or {remove}"
    else:
        mend = f"{remove}; or accept them with 'accepted_duplicates: {leaked}'"
    return UserError(f"task {task.name!r}: {what}", where=task.file, mend=mend)
