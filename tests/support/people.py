"""Folders as people have them: images by path, copies of them, and what lies between."""

import zlib
from pathlib import Path

from task_fixtures import patch

from benchmark.tasks.proposal.columns import Options
from benchmark.tasks.proposal.propose import Proposal, propose


def images(root: Path, **counts: int) -> Path:
    """``root/<class>/<i>.png``, so many of each class, every image different; ``__`` is a ``/``."""
    for name, count in counts.items():
        for i in range(count):
            image(root / name.replace("__", "/") / f"{i}.png")
    return root


def image(file: Path, like: Path | None = None, near: bool = False) -> Path:
    """Noise of the file's own, or that of the file ``like``, ``near``: but for one pixel."""
    file.parent.mkdir(parents=True, exist_ok=True)
    place = "/".join((like or file).parts[-3:])  # the same in every run, wherever that writes
    made = patch(zlib.crc32(place.encode()))
    if near:
        made.putpixel((0, 0), tuple(min(value + 20, 255) for value in made.getpixel((0, 0))))
    made.save(file)
    return file


def proposal(given: Path | str, folder: Path, cost: float = 0.0, **options: str) -> Proposal:
    """What is proposed for ``given`` as the task ``birds`` in ``folder``."""
    file = folder / "birds.yaml"
    return propose(str(given), file, Options(**options), lambda *asked: cost)
