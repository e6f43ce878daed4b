import json
import re

import pytest

from benchmark.pages.site import charts


@pytest.fixture(scope="module")
def specifications():
    return charts.specifications()


def test_a_specification_names_its_data_and_holds_none(specifications):
    for kind, names in (
        ("accuracy", {"points", "marks"}),
        ("gain", {"gains", "marks"}),
        ("map", {"map"}),
    ):
        assert set(re.findall(r'"name": "(\w+)"', data_of(specifications[kind]))) == names


def data_of(specification):
    layers = [specification, *specification["layer"]]
    return json.dumps([layer["data"] for layer in layers if "data" in layer])


def test_a_chart_refers_to_nothing_outside_the_page(specifications):
    for specification in specifications.values():
        specification = {k: v for k, v in specification.items() if k != "$schema"}
        assert "://" not in json.dumps(specification)
