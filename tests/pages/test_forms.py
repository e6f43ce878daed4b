import json

import pytest

from benchmark.pages.forms import FORMS, as_text, from_csv

GRID = (["N", "a_b"], [["1", "50% & <x>"], ["2", "6|7"]])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("md", r"50% & \<x\>".replace("&", r"\&")),
        ("csv", "1,50% & <x>\n"),
        ("latex", r"1 & 50\% \& \textless{}x\textgreater{} \\"),
        ("json", '"a_b": "50% & <x>"'),
    ],
)
def test_a_table_in_every_form_shows_cells_as_they_are(form, expected):
    assert expected in as_text(GRID, form)


def test_no_form_is_left_out():
    assert {as_text(GRID, form)[0] for form in FORMS} == {"|", "N", "[", "\\"}


def test_json_is_an_object_for_each_row():
    assert json.loads(as_text(GRID, "json"))[1] == {"N": "2", "a_b": "6|7"}


def test_what_the_suite_writes_as_csv_is_read_back():
    assert from_csv(as_text(GRID, "csv")) == GRID
    assert from_csv("") == ([], [])
