"""Reads YAML files that people write: no duplicate keys, and every value remembers its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmark.errors import UserError

Path_ = tuple[str | int, ...]
"""Where a value sits: keys and list positions from the top, e.g. ``("data", "mirror")``."""


@dataclass(frozen=True)
class Document:
    """The content of one YAML file."""

    values: dict[str, Any]
    lines: dict[Path_, int]
    """Line (from 1) of each key or list item; ``()`` is the file's first."""

    def line(self, path: Path_) -> int:
        """The line of ``path``, or of the nearest value that contains it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def load(file: Path) -> Document:
    """Reads ``file``, a mapping in UTF-8.

    Raises `UserError`, with the line, for whatever is not that: missing or unreadable file, other
    encodings, YAML syntax, duplicate keys (all of them at once), keys that are not text, aliases,
    tags that would build Python objects, no content.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot read this file: {error.strerror}", where=file) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    return parse(text, file)


def _not_utf8(file: Path, error: UnicodeDecodeError) -> UserError:
    return UserError(
        f"this file is not UTF-8 (byte {error.start} is 0x{error.object[error.start]:02x})",
        where=file,
        line=error.object[: error.start].count(b"\n") + 1,
        mend="save it with the encoding UTF-8",
    )


def parse(text: str, file: Path) -> Document:
    """As `load`, for the text of ``file``."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        mistakes = list(_mistakes(node))
        if mistakes or node is None:
            raise _all_at_once(mistakes, file)
        values = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise UserError(f"this is not valid YAML: {reason}", where=file) from error
    return Document(values, dict(_lines(node, ())) | {(): 1})


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            # A few lines of nested aliases can unfold to more than memory holds.
            raise yaml.composer.ComposerError(
                None, None, f"the alias *{event.anchor} is not supported", event.start_mark
            )
        return super().compose_node(parent, index)


def _syntax_error(error: yaml.MarkedYAMLError, file: Path) -> UserError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return UserError(f"this is not valid YAML: {reason}", where=file, line=line)


def _mistakes(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if node is None:
        yield 1, "this file is empty"
    elif not isinstance(node, yaml.MappingNode):
        yield node.start_mark.line + 1, "'key: value' lines are expected here"
    else:
        yield from _mistakes_in_keys(node)


def _mistakes_in_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    seen: dict[str, int] = {}
    for key, child in _children(node):
        if isinstance(node, yaml.MappingNode) and isinstance(key, yaml.Node):
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                yield line, f"the key {_shown(key)} is not text; put it in quotes"
            elif key.value in seen:
                yield line, f"duplicate key {key.value!r}, first given in line {seen[key.value]}"
            else:
                seen[key.value] = line
        yield from _mistakes_in_keys(child)


def _shown(key: yaml.Node) -> str:
    return repr(key.value) if isinstance(key, yaml.ScalarNode) else "here"


def _children(node: yaml.Node) -> list[tuple[yaml.Node | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    if isinstance(node, yaml.SequenceNode):
        return list(enumerate(node.value))
    return []


def _all_at_once(mistakes: list[tuple[int, str]], file: Path) -> UserError:
    return mistakes_error([(line, text, None) for line, text in mistakes], file)


def mistakes_error(mistakes: list[tuple[int, str, str | None]], file: Path) -> UserError:
    """One error for all ``mistakes`` (line, what, mend) of a file, in the order of the lines."""
    mistakes = sorted(mistakes, key=lambda mistake: mistake[0])
    if len(mistakes) == 1:
        line, what, mend = mistakes[0]
        return UserError(what, where=file, line=line, mend=mend)
    listed = [
        f"\n  line {line}: {what}" + (f" ({mend})" if mend else "") for line, what, mend in mistakes
    ]
    return UserError(
        f"{len(mistakes)} mistakes:" + "".join(listed), where=file, line=mistakes[0][0]
    )


def _lines(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    for key, child in _children(node):
        step = key if isinstance(key, int) else key.value
        place = child if isinstance(key, int) else key
        yield (*path, step), place.start_mark.line + 1
        yield from _lines(child, (*path, step))
