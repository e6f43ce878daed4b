"""What holds unless somebody says otherwise: folders, variables, margin, arms, backbone.

From a checkout everything lies in the checkout. Installed as a package, tasks come with it and from
``./tasks``, results go to ``./results/local``, decoded images to the user's cache folder, and
nothing is ever written beside the installed code.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MARGIN = 0.01
"""Gain that counts as no help, an accuracy difference in 0..1."""

MINUTES = 30.0
"""From the first look at images to advice."""

ARMS = ("scratch", "finetune", "probe")
"""Those that are run unless somebody names others."""

ADAPT = True
"""Whether ``bench`` and ``audit`` choose seeds by what they decide where nobody says ``SEEDS``."""

FIRST_MINUTES = 10.0
"""Of training, over all processes, where nobody says how much: a first answer, to be gone on with.
"""

SEEDS = 5
"""At every N, where seeds are not chosen so."""

BUNDLED = "test_resnet.distilled_in1k"
"""The backbone whose weights come with the package."""

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED_TASKS = _PACKAGE / "shipped_tasks"
"""Only an installed package has it: the wheel brings ``tasks/`` under this name."""
_CHECKOUT = None if _SHIPPED_TASKS.is_dir() else _PACKAGE.parent

PACKAGE = "small-data-benchmark"
COMMAND = PACKAGE if _CHECKOUT is None else "make"
"""What stands before ``bench``, ``tune`` and the like where a person calls them."""


def option(name: str) -> str:
    """How a person names the option ``image-size``: ``IMAGE_SIZE`` to make, else ``--image-size``.

    Its value follows after ``=``.
    """
    return name.upper().replace("-", "_") if COMMAND == "make" else f"--{name}"


def switch(name: str) -> str:
    """How a person turns the option ``dry-run`` on: ``DRY_RUN=1`` to make, else ``--dry-run``."""
    return f"{option(name)}=1" if COMMAND == "make" else option(name)


BUNDLED_FOLDER = _PACKAGE / "quickstart"
"""Config and weights of `BUNDLED`."""

_OWN = (Path() if _CHECKOUT is None else _CHECKOUT) / "results" / "local"

RESULTS = _OWN if _CHECKOUT is None else _CHECKOUT / "results"
"""Pages, tables and figures; installed, the user's own results are all that there are."""
RECORDED = RESULTS / "records"
"""Records that pages are made from: the published leaderboard, or, installed, `LOCAL`."""
EXPLAINED = RESULTS / "explain"
"""The page of ``make explain``, and below ``findings`` what it is made from: beside the records."""
LOCAL = _OWN / "records"
"""Records of the user's own runs."""

SITE = _OWN / "site.html"
"""The leaderboard as one page, too large to be part of the checkout."""

LISTS = _OWN / "validate"
"""What ``make validate`` found in the user's data, image by image."""

SHIPPED_TUNING = _PACKAGE / "tuned"
"""What ``make tune`` found before this version was published."""
OWN_TUNING = _OWN / "tuned" if _CHECKOUT is None else SHIPPED_TUNING
"""Where ``make tune`` writes."""


def task_folders() -> tuple[Path, ...]:
    """Folders of task YAMLs, first the user's own, which need not exist.

    Of two tasks with one name, the one in the earlier folder counts. ``$BENCHMARK_TASKS`` alone,
    where it is set.
    """
    if chosen := os.environ.get("BENCHMARK_TASKS"):
        return (Path(chosen),)
    if _CHECKOUT is not None:
        return (_CHECKOUT / "tasks",)
    return (Path("tasks").absolute(), _SHIPPED_TASKS)


def mirrors() -> Path | None:
    """``$BENCHMARK_DATA``, a folder of local copies of data sets; None where it is not set."""
    chosen = os.environ.get("BENCHMARK_DATA")
    return Path(chosen) if chosen else None


def backbone_folders() -> tuple[Path, ...]:
    """``$BENCHMARK_BACKBONES``: folders of networks, separated as in ``$PATH``; none by default."""
    chosen = os.environ.get("BENCHMARK_BACKBONES", "")
    return tuple(Path(folder) for folder in chosen.split(os.pathsep) if folder)


def cache_folder() -> Path:
    """``$BENCHMARK_CACHE``, or ``.cache`` in the checkout, or the user's own cache folder."""
    if chosen := os.environ.get("BENCHMARK_CACHE"):
        return Path(chosen).absolute()
    if _CHECKOUT is not None:
        return _CHECKOUT / ".cache"
    import platformdirs

    return platformdirs.user_cache_path(PACKAGE)


@contextlib.contextmanager
def environment(**changed: str) -> Iterator[None]:
    """Changes this process's environment variables inside, and puts them back."""
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
