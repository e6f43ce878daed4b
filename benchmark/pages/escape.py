"""What comes from a user or a stranger's record is shown, never obeyed: names, labels, reasons."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[\\`*\[\]<>&$~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown may take for markup; not an underscore inside a word, as in ``x86_64``."""


def printable(text: str) -> str:
    """The text on one line: what would end it or steer a terminal is spelt out, as ``\\n``."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def text(value: str) -> str:
    """Markdown that shows the value as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", printable(value))


def code(value: str) -> str:
    """Markdown that shows the value as code, on one line."""
    shown = printable(value)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{shown}{gap}{fence}"
