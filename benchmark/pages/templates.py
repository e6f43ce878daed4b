"""Fills in the templates of Markdown and HTML pages: ``*.j2`` beside the code that fills them."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from benchmark import defaults
from benchmark.pages import escape

_PACKAGE = Path(defaults.__file__).parent


def render(template: str, **values: object) -> str:
    """The text of a page; ``template`` is a path inside the package, ``pages/results.md.j2``.

    For a Markdown page values are Markdown; its template shows what comes from a user through the
    filters ``text`` or ``code``. For HTML values are text, and escaped. A template names a command
    of the suite as ``{{ command }} bench``, an option of it as ``{{ option("image-size") }}``.
    Raises jinja2's UndefinedError where a value is missing.
    """
    filled = _environment().get_template(template)
    return filled.render(command=defaults.COMMAND, option=defaults.option, **values)


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_PACKAGE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(["html.j2"], default=False, default_for_string=False),
    )
    made.filters |= {"text": escape.text, "code": escape.code}
    return made
