"""The one exception that is meant for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class UserError(Exception):
    """Something the user can mend: what is wrong, where, and how to mend it.

    The command line prints it without a traceback (unless ``--debug``) and exits with 2.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        line: int | None = None,
        mend: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.line = line
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.where or ""
        if place and self.line is not None:
            place += f":{self.line}"
        head = f"{place}: {self.what}" if place else self.what
        return printable(f"{head}\n  to mend: {self.mend}" if self.mend else head)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not survive the pickling between processes.
        return (_rebuild, (self.what, self.where, self.line, self.mend))


def _rebuild(what: str, where: str | None, line: int | None, mend: str | None) -> UserError:
    return UserError(what, where=where, line=line, mend=mend)


def printable(text: str) -> str:
    """``text`` with escapes in place of what moves a cursor or cannot be encoded; lines remain."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def one_line(text: str) -> str:
    """As `printable`, with its line breaks spelt out too."""
    return printable(text).replace("\n", r"\n")


def listed(names: Sequence[str], most: int = 12) -> str:
    """The names, at most ``most`` of them, as a sentence takes them."""
    return ", ".join(names[:most]) + f" and {len(names) - most} more" * (len(names) > most)


def nearest(word: str, known: list[str]) -> str:
    """``"; did you mean 'x'?"`` for the closest of ``known``, or an empty string."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
