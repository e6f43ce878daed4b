"""The YAML of a new task, with comments, and the list of its split; text first, files last."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmark import files
from benchmark.defaults import COMMAND, option, task_folders
from benchmark.errors import UserError, one_line
from benchmark.tasks.definition.data_keys import Data
from benchmark.tasks.definition.schema import SCHEMA_FILE, Task
from benchmark.tasks.load import NAME, task_files
from benchmark.tasks.proposal.dealing import Dealt
from benchmark.tasks.proposal.looking import Found
from benchmark.tasks.proposal.suggesting import Suggested
from benchmark.tasks.reading import split_file
from benchmark.tasks.reading.split_file import LEFT_OUT, Side
from benchmark.tasks.reading.walk import UNREADABLE

_WIDTH = 100
_LONGEST_NAME = 60


def check_name(name: str, *, force: bool) -> Path:
    """The YAML file that a new task ``name`` is written to; ``force``: over an old one of its name.

    Raises `UserError` for a name that is none, and for one that is taken, by other things than a
    task with or without ``force``.
    """
    folder = task_folders()[0]
    if not NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise UserError(
            f"{name[:_LONGEST_NAME]!r} is no name of a task",
            mend=f"take up to {_LONGEST_NAME} letters, digits, '_' and '-', as in "
            f"{option('name')}=my_birds",
        )
    file, listed = folder / f"{name}.yaml", folder / f"{name}.csv"
    if _is_in_the_way(listed):
        raise UserError(
            "this file is no list of a task's split, and one would be written in its place",
            where=listed,
            mend=f"choose another {option('name')}; a task need not be called as its table is",
        )
    known = task_files() if folder.is_dir() else {}
    taken = next((one for one in (known.get(name), listed) if one and one.exists()), None)
    if taken is not None and not force:
        again = f"{option('force')}={1}" if COMMAND == "make" else option("force")
        raise UserError(
            f"there is a task {name!r} already",
            where=taken,
            mend=f"choose another {option('name')}, or write over it with {again}",
        )
    return file


def is_taken(name: str) -> bool:
    """Whether a task of that name, or another file where its list would lie, is in the folder."""
    folder = task_folders()[0]
    return folder.is_dir() and (name in task_files() or _is_in_the_way(folder / f"{name}.csv"))


def _is_in_the_way(listed: Path) -> bool:
    return listed.exists() and not split_file.is_list(listed)


def list_text(found: Found, dealt: Dealt) -> str | None:
    """The list of all images, by side; None where a published split is taken as it is."""
    kept = all(side.split != LEFT_OUT for side in dealt.sides) and not found.faults
    if kept and found.keys.get("test_split") is not None and not _faults(found):
        return None
    sides = [(one.name, side) for one, side in zip(found.looks, dealt.sides, strict=True)]
    known = {name for name, _ in sides}
    sides += [
        (one_line(fault.name), Side(LEFT_OUT, fault.what))
        for fault in found.faults
        if fault.name not in known
    ]
    return split_file.text(sides)


def _faults(found: Found) -> bool:
    """Whether links lie there that are not followed, or folders that cannot be read: at these a
    task without a list stops."""
    kinds = ("leads out", "is a link", UNREADABLE)
    return any(one.reason.startswith(kinds) for one in found.unused)


def yaml_text(
    name: str, found: Found, dealt: Dealt, suggested: Suggested, listed: str | None
) -> str:
    """The content of the YAML; ``listed``: the name of the list, where there is one."""
    data = _data(found, suggested, listed)
    return "\n".join(_lines(name, found, dealt, suggested, data)) + "\n"


def _data(found: Found, suggested: Suggested, listed: str | None) -> dict[str, Any]:
    data = found.keys | ({} if listed is None else {"split_file": listed})
    return data if suggested.white is None else data | {"white": suggested.white.value}


def is_written(task: Task, found: Found, dealt: Dealt, suggested: Suggested) -> bool:
    """Whether the task reads the images that were found, and splits them as they were dealt out.

    All else in its YAML may have been changed by hand.
    """
    listed, beside = list_text(found, dealt), task.file.with_suffix(".csv")
    if listed is not None and (not beside.is_file() or beside.read_bytes() != listed.encode()):
        return False
    return task.data == Data(**_data(found, suggested, beside.name if listed else None))


def _lines(
    name: str, found: Found, dealt: Dealt, suggested: Suggested, data: dict[str, Any]
) -> Iterator[str]:
    checked = f"{COMMAND} validate {option('task')}={name}"
    yield from _comment(
        f"Written after a look at {len(found.looks)} images. Change what you know better, then "
        f"check it: {checked}"
    )
    yield _value("title", name.replace("_", " ").replace("-", " ").strip().capitalize() or name)
    yield from _comment("What one should know of the images, for whoever reads the results:")
    for key in ("domain", "description", "licence", "citation"):
        yield _value(key, "not stated")
    for key in ("image_size", "images_per_class", "flip"):
        choice = getattr(suggested, key)
        yield from _comment(choice.why)
        yield _value(key, list(choice.value) if isinstance(choice.value, tuple) else choice.value)
    yield from _comment("budget: 2 would double all trainings; the rules of the arms grow with N")
    yield from _comment(_about_split(found, dealt))
    if suggested.white is not None:
        yield from _comment(f"white: {suggested.white.why}")
    yield yaml.safe_dump({"data": data}, sort_keys=False, allow_unicode=True, width=_WIDTH).rstrip(
        "\n"
    )


def _about_split(found: Found, dealt: Dealt) -> str:
    counts = f"{dealt.n_train} training and {dealt.n_test} test images"
    if dealt.fraction is None:
        return f"The split is that of the data: {counts}"
    return (
        f"There is no test split: {dealt.fraction:.0%} of each class were drawn for one, "
        f"{kept_together(found)}: {counts}. The list beside this file says which"
    )


def kept_together(found: Found) -> str:
    """What the split that is drawn does not tear, in words."""
    groups = "" if found.group is None else f"and images of the same {found.group!r} "
    return f"copies {groups}kept on one side"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        one_line(text), _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )


def _value(key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{key}: [{', '.join(map(str, value))}]"
    return yaml.safe_dump({key: value}, allow_unicode=True, width=_WIDTH).rstrip("\n")


def write(file: Path, found: Found, dealt: Dealt, suggested: Suggested) -> Path | None:
    """Writes the YAML and the list, each in one step; returns the list's file, if there is one.

    Nothing is copied or moved. A list that an earlier task of this name had is removed. Raises
    `UserError` where the folder cannot be written.
    """
    listed, beside = list_text(found, dealt), file.with_suffix(".csv")
    files.prepare(file.parent, mend="set BENCHMARK_TASKS to a folder that can be written")
    if listed is None:
        beside.unlink(missing_ok=True)
    else:
        files.write(beside, listed)
    text = yaml_text(file.stem, found, dealt, suggested, beside.name if listed else None)
    if (file.parent / SCHEMA_FILE).is_file():
        text = f"# yaml-language-server: $schema={SCHEMA_FILE}\n{text}"
    files.write(file, text)
    return beside if listed else None
