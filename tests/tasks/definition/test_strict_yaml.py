import contextlib
import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.errors import UserError
from benchmark.tasks.definition import strict_yaml

FILE = Path("task.yaml")

keys = st.text(min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(keys, values, min_size=1, max_size=5)


def unaliased(mapping):
    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    return yaml.dump(mapping, Dumper=Dumper)


def refusal(text):
    with pytest.raises(UserError) as caught:
        strict_yaml.parse(text, FILE)
    return caught.value


@settings(max_examples=40, deadline=None)
@given(mappings)
def test_what_yaml_writes_comes_back(mapping):
    assert strict_yaml.parse(unaliased(mapping), FILE).values == mapping


@settings(max_examples=40, deadline=None)
@given(mappings)
def test_every_value_has_a_line(mapping):
    document = strict_yaml.parse(unaliased(mapping), FILE)
    assert all((key,) in document.lines for key in mapping)


@settings(max_examples=40, deadline=None)
@given(mappings, st.data())
def test_a_key_given_twice_is_refused(mapping, data):
    key = data.draw(st.sampled_from(sorted(mapping)))
    error = refusal(unaliased(mapping) + unaliased({key: 1}))
    assert "duplicate key" in error.what


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_no_text_ends_in_anything_but_a_document_or_a_user_error(text):
    with contextlib.suppress(UserError):
        assert isinstance(strict_yaml.parse(text, FILE).values, dict)


def test_duplicate_keys_are_found_at_every_depth_and_reported_at_once():
    message = str(refusal("a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n"))
    assert "line 4: duplicate key 'c', first given in line 3" in message
    assert "line 5: duplicate key 'a', first given in line 1" in message


def test_the_same_key_in_two_mappings_is_fine():
    assert strict_yaml.parse("a: {x: 1}\nb: {x: 1}", FILE).values == {"a": {"x": 1}, "b": {"x": 1}}


def test_lines_point_at_keys_and_list_items():
    document = strict_yaml.parse("# note\na:\n  b:\n    - 1\n    - 2\n", FILE)
    assert document.lines[("a", "b")] == 3
    assert document.lines[("a", "b", 1)] == 5


def test_a_missing_value_has_the_line_of_what_should_hold_it():
    assert strict_yaml.parse("\na:\n  b: 1\n", FILE).line(("a", "c", 0)) == 2


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", 1, "this file is empty"),
        ("# only a comment\n", 1, "this file is empty"),
        ("just words", 1, "'key: value' lines"),
        ("- 1\n- 2\n", 1, "'key: value' lines"),
        ("a: 1\nb: [1\n", 3, "not valid YAML"),
        ("a: 1\n\tb: 2\n", 2, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
        ("a: 1\nno: 2\n", 2, "the key 'no' is not text"),
        ("? [a]\n: 1\n", 1, "not text"),
        ("a: &x 1\nb: *x\n", 2, "alias *x is not supported"),
        ("a: &x [*x]\n", 1, "alias *x is not supported"),
        ("a: !!python/object/apply:os.getcwd []\n", 1, "not valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, line, expected):
    error = refusal(text)
    assert (error.line, expected in error.what) == (line, True), error


@pytest.mark.parametrize("text", ["a: " + "[" * 3000, "a: \x00", "a: !!int x", "a: [1, !x 2]"])
def test_values_that_confuse_the_parser_are_refused(text):
    assert "not valid YAML" in refusal(text).what


def test_another_encoding_is_refused_with_its_line(tmp_path):
    file = tmp_path / "task.yaml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(UserError, match=r"task\.yaml:2: this file is not UTF-8"):
        strict_yaml.load(file)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    file = tmp_path / "task.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert strict_yaml.load(file).values == {"a": 1}


@pytest.mark.parametrize("make", [lambda file: None, lambda file: file.mkdir()])
def test_a_file_that_cannot_be_read_is_named(tmp_path, make):
    make(tmp_path / "task.yaml")
    with pytest.raises(UserError, match=r"task\.yaml: cannot read this file"):
        strict_yaml.load(tmp_path / "task.yaml")


@pytest.mark.parametrize("tag", ["!!bool z", "!!timestamp x", "!!set {a}", "!!binary a", "! x"])
def test_tags_are_refused_before_anything_is_made_of_them(tag):
    assert (refusal(f"a: 1\nb: {tag}").line, "tag" in refusal(f"a: {tag}").what) == (2, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("010", "010 would be read as an octal number; write it in plain digits, or put text in"),
        ("0x1F", "0x1F would be read as another number"),
        ("1:30", "1:30 would be read as another number"),
        ("1_000", "1_000 would be read as another number"),
        ("1:30.5", "1:30.5 would be read as another number"),
        ("2024-05-01", "2024-05-01 would be read as a date; put text in quotes"),
        ("2020-13-45", "2020-13-45 would be read as a date"),
    ],
)
@pytest.mark.parametrize("place", ["a: {}", "a: [1, {}]", "a: {{b: {}}}"])
def test_nothing_is_read_as_what_it_does_not_look_like(place, value, expected):
    assert expected in refusal(place.format(value)).what


@pytest.mark.parametrize(
    "value", ["0", "-7", "1.50", ".5", "1.0e+3", ".inf", "'010'", "'1:30'", "v1:2"]
)
def test_what_looks_like_a_value_is_one(value):
    assert "a" in strict_yaml.parse(f"a: {value}", FILE).values


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("title: Parts: second try", "put a value that holds a colon in quotes"),
        ("a:\n\tb: 2\n", "indent with blanks"),
        ("title: @home", "put all of it in quotes"),
        ('title: "a" b', "put all of it in quotes"),
        ("title: *bold*", "put all of it in quotes"),
    ],
)
def test_a_slip_in_the_syntax_is_mended(text, mend):
    assert mend in refusal(text).mend


def test_many_mistakes_are_told_in_short():
    error = refusal("".join(f"a: {i}\n" for i in range(1000)))
    assert error.what.startswith("999 mistakes, the first 20:")
    assert error.what.count("\n") == 20


def test_a_huge_file_is_refused_at_once(tmp_path):
    file = tmp_path / "task.yaml"
    file.write_text("a: [" + "1, " * 4_000_000 + "1]")
    start = time.monotonic()
    with pytest.raises(UserError, match="12,000,006 bytes, more than 200,000"):
        strict_yaml.load(file)
    assert time.monotonic() - start < 1


def test_a_character_that_yaml_knows_not_has_its_line():
    error = refusal("a: 1\nb: \x07")
    assert (error.line, error.what.split(": ")[1]) == (2, "the character U+0007 is not allowed")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "task.yaml")
    with pytest.raises(UserError, match="not a regular file"):
        strict_yaml.load(tmp_path / "task.yaml")
