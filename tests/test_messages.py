"""Every error that a person can meet says what is wrong and how to mend it."""

import ast

import pytest
from toy import CHECKOUT

KINDS = {"UserError", "UnavailableError", "NothingStoredError"}
MODULES = sorted((CHECKOUT / "benchmark").rglob("*.py"))


def errors():
    """Place -> the call that makes an error, of every module."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS:
                yield f"{module.relative_to(CHECKOUT)}:{node.lineno}", node


def kinds():
    """Names of `UserError` and of all that are made from it."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            bases = {getattr(base, "id", "") for base in getattr(node, "bases", ())}
            if isinstance(node, ast.ClassDef) and (bases & KINDS or node.name == "UserError"):
                yield node.name


@pytest.fixture(scope="module")
def found():
    return dict(errors())


def test_every_kind_of_error_is_looked_at(found):
    assert {*kinds()} == KINDS
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
