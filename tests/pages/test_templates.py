import jinja2
import pytest

from benchmark import defaults
from benchmark.pages import templates

VALUES = {
    "development": [],
    "measured": True,
    "backbones": [],
    "saturation": None,
    "margin": "1 point",
    "early_ends": "",
    "not_audited": [],
}


def rendered(**changed):
    return templates.render("pages/recipes.md.j2", recipes="TABLE", **VALUES | changed)


def test_a_template_is_filled_in_with_values():
    assert "\nTABLE\n\n## How the settings were chosen\n" in rendered()


def test_what_a_user_named_is_shown_and_not_obeyed():
    assert r"Development tasks: \<b\>." in rendered(development=["<b>"])


def test_a_value_that_is_missing_is_an_error_and_no_gap_in_the_page():
    with pytest.raises(jinja2.UndefinedError, match="recipes"):
        templates.render("pages/recipes.md.j2", **VALUES)


def test_values_of_html_are_escaped(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "_PACKAGE", tmp_path)
    (tmp_path / "page.html.j2").write_text("{{ value }} {{ command }}")
    templates._environment.cache_clear()
    assert templates.render("page.html.j2", value="<b>&") == "&lt;b&gt;&amp; make"
    templates._environment.cache_clear()


@pytest.mark.parametrize("command", ["make", "small-data-benchmark"])
def test_commands_are_named_as_the_user_calls_them(command, monkeypatch):
    monkeypatch.setattr(defaults, "COMMAND", command)
    assert f"by `{command} tune`" in rendered()


def test_every_template_can_be_read():
    environment = templates._environment()
    assert environment.list_templates(["j2"])
    for name in environment.list_templates(["j2"]):
        environment.get_template(name)
