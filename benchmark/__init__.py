"""Small-data transfer-learning benchmark: does pretraining help, by how much, up to which N?

For programs: `load_task`, `run`, `leaderboard`, `advise` and `as_dataset`, explained in `api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmark.api import advise, as_dataset, leaderboard, load_task, run

__version__ = "0.1.0"

__all__ = ["advise", "as_dataset", "leaderboard", "load_task", "run"]


def __getattr__(name: str) -> Any:
    """The names of the api, imported when they are asked for: ``--help`` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from benchmark import api

    return getattr(api, name)
