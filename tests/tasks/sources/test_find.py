import sys

import pytest
from task_fixtures import make_task

from benchmark.errors import UserError
from benchmark.tasks import sources
from benchmark.tasks.sources import base
from benchmark.tasks.sources.find import _kinds, find

NEW_KIND = """
from benchmark.tasks.sources.base import Source, register

@register
def made_up(task):
    return Source("made up", {}, False, None) if task.data.mirror == "made-up" else None
"""


@pytest.fixture
def new_kind(tmp_path, monkeypatch):
    (tmp_path / "made_up.py").write_text(NEW_KIND)
    monkeypatch.setattr(base, "KINDS", list(_kinds()))
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    _kinds.cache_clear()
    yield
    _kinds.cache_clear()
    sys.modules.pop("benchmark.tasks.sources.made_up", None)


def test_a_new_kind_of_source_is_one_new_file(tmp_path, new_kind, monkeypatch):
    monkeypatch.delenv("BENCHMARK_DATA", raising=False)
    assert find(make_task(tmp_path, {"mirror": "made-up"})).description == "made up"


def test_a_task_that_no_kind_knows_says_where_mirrors_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCHMARK_DATA", raising=False)
    with pytest.raises(UserError, match="no source but the mirror 'made-up'"):
        find(make_task(tmp_path, {"mirror": "made-up"}))
