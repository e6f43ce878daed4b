"""Faults on purpose. ``make test-faults`` tries each more often and writes down what happened."""

import os
from pathlib import Path

import pytest
import reliability


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("long") and not reliability.WHOLE:
            item.add_marker(pytest.mark.skip(reason="only in make test-faults"))


def pytest_terminal_summary(terminalreporter):
    if reliability.WHOLE:
        kinds = ("passed", "failed", "skipped", "error")
        reports = [one for kind in kinds for one in terminalreporter.stats.get(kind, [])]
        titles = reliability.titles(Path(__file__).parent)
        reliability.write(Path(os.environ["RELIABILITY"]), reports, titles)


@pytest.fixture
def tried(record_property):
    """Notes how often something was tried, and what happened, for the page."""

    def note(times, happened=None):
        record_property("tried", times)
        record_property("happened", happened)

    return note
