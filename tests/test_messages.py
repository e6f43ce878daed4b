"""Every error that a person can meet says what is wrong and how to mend it."""

import ast
import functools

import pytest
from toy import CHECKOUT

MODULES = sorted((CHECKOUT / "benchmark").rglob("*.py"))


@functools.cache
def nodes():
    """Each class and each call of each module, with its place."""
    found = []
    for module in MODULES:
        place = module.relative_to(CHECKOUT)
        tree = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        kept = (node for node in tree if isinstance(node, ast.Call | ast.ClassDef))
        found += [(f"{place}:{node.lineno}", node) for node in kept]
    return found


def kinds():
    """Names of `UserError` and of all that are made from it."""
    made = {node.name: node for _, node in nodes() if isinstance(node, ast.ClassDef)}
    found = {"UserError"}
    while more := {n for n, c in made.items() if {*map(ast.unparse, c.bases)} & found} - found:
        found |= more
    return found


def errors():
    """Place -> the call that makes an error."""
    names = kinds()
    for place, node in nodes():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
            yield place, node


@pytest.fixture(scope="module")
def found():
    return dict(errors())


def test_errors_are_found(found):
    assert len(found) > 100


def test_each_says_what_is_wrong(found):
    assert [place for place, call in found.items() if not call.args] == []


def test_each_says_how_to_mend_it(found):
    lacking = [
        place
        for place, call in found.items()
        if not {word.arg for word in call.keywords} & {"mend", None}
    ]
    assert lacking == []


def test_none_speaks_to_programmers(found):
    words = ("Traceback", "Exception", "KeyError", "None")
    texts = {place: _text(call.args[0]) for place, call in found.items()}
    assert {place for place, text in texts.items() if any(word in text for word in words)} == set()


def _text(node):
    return " ".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
