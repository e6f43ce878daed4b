import sys

import pytest
from task_fixtures import folder_task, make_task, refusal

from benchmark.tasks import data, sources
from benchmark.tasks.sources import base
from benchmark.tasks.sources.find import _kinds, find

NEW_KIND = """
from benchmark.tasks.sources.base import Source, register

@register
def made_up(task):
    if task.data.mirror == "made-up":
        return Source("made up", {}, False, task.data, None, None)
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


def test_a_new_kind_of_source_is_one_new_file(tmp_path, new_kind):
    assert find(make_task(tmp_path, {"mirror": "made-up"})).description == "made up"


def test_the_mirror_is_used_where_it_is_found(tmp_path, mirror):
    loaded = data.load(folder_task(tmp_path, mirror="toy", image_column="other"), 8)
    assert (loaded.source, loaded.class_names) == ("mirror: toy parquet", ("x", "y"))


def test_the_other_source_is_used_where_there_is_no_mirror(tmp_path, mirror):
    loaded = data.load(folder_task(tmp_path, mirror="elsewhere"), 8)
    assert (loaded.source, loaded.class_names) == ("imagefolder: toy", ("a", "b"))


def test_a_task_with_a_mirror_only_says_how_to_get_it(tmp_path):
    assert "set BENCHMARK_DATA" in refusal(make_task(tmp_path, {"mirror": "toy"}))
