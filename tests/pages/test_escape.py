import pytest

from benchmark.errors import one_line
from benchmark.pages import escape


@pytest.mark.parametrize(
    "name",
    ["test_resnet.distilled_in1k", "cpu, Intel(R) Xeon(R), x86_64", "naïve 漢字"],
)
def test_names_without_markup_stay_as_they_are(name):
    assert escape.text(name) == one_line(name) == name
    assert escape.code(name) == f"`{name}`"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<script>", r"\<script\>"),
        ("[x](http://y)", r"\[x\](http://y)"),
        ("*a* _b_ __c", r"\*a\* \_b\_ \_\_c"),
        ("$x$ `y` &lt; ~~z~~", r"\$x\$ \`y\` \&lt; \~\~z\~\~"),
        ("a\\", r"a\\"),
        ("a\n# b\x1b[2J", r"a\\n# b\\x1b\[2J"),
    ],
)
def test_markup_in_a_name_is_shown_and_not_obeyed(value, shown):
    assert escape.text(value) == shown


def test_code_shows_backticks_too():
    assert escape.code("a``b") == "``` a``b ```"
    assert escape.code("a\nb") == r"`a\nb`"


def test_what_is_printed_neither_breaks_the_line_nor_steers_the_terminal():
    assert one_line("a\r\n\x1b[2J\u202e†") == r"a\r\n\x1b[2J\u202e†"
