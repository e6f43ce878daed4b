"""What comes from a user or a stranger's record is shown, never obeyed: names, labels, reasons."""

from __future__ import annotations

import re

from benchmark.errors import one_line

_MARKUP = re.compile(r"[\\`*\[\]<>&$~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown may take for markup; not an underscore inside a word, as in ``x86_64``."""


def text(value: str) -> str:
    """Markdown that shows the value as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", one_line(value))


def code(value: str) -> str:
    """Markdown that shows the value as code, on one line."""
    shown = one_line(value)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{shown}{gap}{fence}"
