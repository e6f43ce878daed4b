"""Files of a data set that take no part, in few lines: by reason, folder and ending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from benchmark.errors import one_line

_LINES = 12
_NAMES = 3


@dataclass(frozen=True)
class Unused:
    """A file that takes no part, and why."""

    path: str
    """Relative to the data's root."""
    reason: str


def lines(unused: Iterable[Unused]) -> tuple[str, ...]:
    """One line for each reason, folder and ending, the largest first; one_line."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in unused:
        path = PurePosixPath(one.path)
        groups[one.reason, str(path.parent), path.suffix.lower()].append(path.name)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    shown = [_line(*key, names) for key, names in ordered[:_LINES]]
    rest = sum(len(names) for _, names in ordered[_LINES:])
    return (*shown, f"{rest} more files are not used") if rest else tuple(shown)


def _line(reason: str, folder: str, ending: str, names: list[str]) -> str:
    where = "" if folder == "." else f" in {folder}/"
    if len(names) == 1:
        what = f"not used: {names[0]}{where}"
    else:
        more = ", ..." * (len(names) > _NAMES)
        kind = f" {ending}" if ending else ""
        what = f"not used: {len(names)}{kind} files{where} ({', '.join(names[:_NAMES])}{more})"
    return one_line(f"{what}: {reason}")
