"""Reads YAML files that people write: no duplicate keys, and every value remembers its line.

Nothing is read as something else than it looks: 010 not as 8, 1:30 not as 90, 1_000 not as 1000.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmark.errors import UserError
from benchmark.tasks import text_file

LARGEST = 200_000
"""A file with more bytes is refused: people do not write it, and parsing it takes minutes."""

_MOST_MISTAKES = 20
_TAG = "tag:yaml.org,2002:"
_PLAIN_NUMBER = {
    f"{_TAG}int": re.compile(r"[-+]?(0|[1-9][0-9]{0,3999})"),
    f"{_TAG}float": re.compile(r"[-+]?([0-9]*\.?[0-9]*(e[-+]?[0-9]+)?|\.inf|\.nan)", re.IGNORECASE),
}
_QUOTES = "put text in quotes"

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

    Raises `UserError`, with the line, for whatever is not that: missing, unreadable or huge file,
    other encodings, YAML syntax, duplicate keys (all of them at once), keys that are not text,
    aliases, tags, numbers in forms that do not look like what they are read as, no content.
    """
    return parse(text_file.read(file, LARGEST), file)


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
    except RecursionError as error:
        raise UserError(
            "this is not valid YAML: it is nested too deeply",
            where=file,
            mend="a task has two levels: begin with one that is there",
        ) from error
    except yaml.reader.ReaderError as error:
        where = text[: error.position].count("\n") + 1
        what = f"this is not valid YAML: the character U+{error.character:04X} is not allowed"
        raise UserError(what, where=file, line=where, mend="take it away") from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"this is not valid YAML: {reason}", where=file, mend="correct it there"
        ) from error
    return Document(values, dict(_lines(node, ())) | {(): 1})


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        refused = None
        if isinstance(event, yaml.AliasEvent):
            # A few lines of nested aliases can unfold to more than memory holds.
            refused = f"the alias *{event.anchor} is not supported"
        elif getattr(event, "tag", None) is not None:
            # A tag says what a value is to be made into, and not every value can be.
            refused = f"the tag {event.tag.replace(_TAG, '!!')} is not supported"
        if refused:
            raise yaml.composer.ComposerError(None, None, refused, event.start_mark)
        return super().compose_node(parent, index)


def _syntax_error(error: yaml.MarkedYAMLError, file: Path) -> UserError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    blanks = "indent with blanks, not with tabs"
    return UserError(
        f"this is not valid YAML: {reason}",
        where=file,
        line=line,
        mend=blanks if r"'\t'" in reason else _COLON if "mapping values" in reason else _QUOTED,
    )


_COLON = 'put a value that holds a colon in quotes, as in title: "Parts: second try"'
_QUOTED = "if a value is text, put all of it in quotes"


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
        if isinstance(child, yaml.ScalarNode):
            yield from _mistakes_in_value(child)
        yield from _mistakes_in_keys(child)


def _mistakes_in_value(node: yaml.ScalarNode) -> Iterator[tuple[int, str]]:
    plain = _PLAIN_NUMBER.get(node.tag)
    line = node.start_mark.line + 1
    if node.tag == f"{_TAG}timestamp":
        yield line, f"{node.value} would be read as a date; {_QUOTES}"
    elif plain is not None and not plain.fullmatch(node.value):
        kind = "an octal number" if re.fullmatch(r"0[0-7]+", node.value) else "another number"
        shown = node.value if len(node.value) < 40 else f"{node.value[:20]}..."
        yield line, f"{shown} would be read as {kind}; write it in plain digits, or {_QUOTES}"


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
    count = f"{len(mistakes):,} mistakes, the first {_MOST_MISTAKES}:"
    count = f"{len(mistakes)} mistakes:" if len(mistakes) <= _MOST_MISTAKES else count
    if len(mistakes) == 1:
        line, what, mend = mistakes[0]
        return UserError(what, where=file, line=line, mend=mend)
    listed = [
        f"\n  line {line}: {what}" + (f" ({mend})" if mend else "")
        for line, what, mend in mistakes[:_MOST_MISTAKES]
    ]
    return UserError(
        count + "".join(listed), where=file, line=mistakes[0][0], mend="correct these lines"
    )


def _lines(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    for key, child in _children(node):
        step = key if isinstance(key, int) else key.value
        place = child if isinstance(key, int) else key
        yield (*path, step), place.start_mark.line + 1
        yield from _lines(child, (*path, step))
