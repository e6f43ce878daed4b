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
    if not reliability.WHOLE:
        return
    stats = terminalreporter.stats
    reports = [
        one for kind in ("passed", "failed", "skipped", "error") for one in stats.get(kind, [])
    ]
    text = reliability.page(reports, reliability.titles(Path(__file__).parent))
    Path(os.environ["RELIABILITY"]).write_text(text, encoding="utf-8")


@pytest.fixture
def tried(record_property):
    """Notes how often something was tried, and what happened, for the page."""

    def note(times, happened=None):
        record_property("tried", times)
        record_property("happened", happened)

    return note
