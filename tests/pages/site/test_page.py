import dataclasses
import html as escaping
import json
import re
import sys

import pytest
from made_site import judged, records
from toy import write_task

from benchmark.errors import UserError
from benchmark.pages import site
from benchmark.pages.site import charts
from benchmark.pages.site.page import page
from benchmark.pages.site.samples import Sample

HOSTILE = """</script><img src=x onerror="document.title='hit'">{{ 7 * 7 }}'"""


@pytest.fixture(autouse=True)
def _no_charts(monkeypatch):
    """It takes seconds to make them, and what they are is tested elsewhere."""
    monkeypatch.setattr(charts, "library", lambda: "draw();")
    monkeypatch.setattr(charts, "specifications", dict)


@pytest.fixture
def html(boards):
    return page(boards, {}, {})


def without_code(html):
    return re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize("module", ["altair", "vl_convert"])
def test_a_library_that_is_missing_is_named_with_how_to_install_it(module, monkeypatch):
    monkeypatch.delattr(site, "charts")
    monkeypatch.delitem(sys.modules, charts.__name__)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=f"needs {module}, which is not installed") as raised:
        page([], {}, {})
    assert "small-data-transfer-benchmark[site]" in raised.value.mend


def test_the_page_names_no_address_that_it_would_ask_for(html):
    own = without_code(html)
    assert not re.search(r'(?:src|href)="(?!#|data:)', own)
    assert not re.search(r"(?:src|href)=[^\"]", own)
    assert "@import" not in own
    assert "url(" not in own


def test_only_scripts_of_the_suite_may_run(html):
    (allowed,) = re.findall(r"script-src (.*?); ", escaping.unescape(html))
    assert re.fullmatch(r"('sha256-[\w+/=]{44}' ?){2}", allowed)


def test_rows_of_an_older_protocol_are_marked(html):
    rows = re.findall(r'<tr role="row" data-board="(\w+)/.*?</tr>', html, flags=re.DOTALL)
    assert rows == ["old", "old", "toy", "toy"]
    marked = re.findall(r'<tr role="row" data-board="(\w+)/[^\n]*class="tag">protocol 1<', html)
    assert marked == ["old", "old"]
    assert "not comparable with newer rows" in html


def test_a_page_of_this_protocol_alone_has_no_such_mark():
    assert 'class="tag"' not in page(judged(records()), {}, {})


@pytest.mark.parametrize("field", ["task", "backbone", "arm", "label"])
def test_a_strange_name_is_shown_and_not_obeyed(field):
    changed = {"label": "backbone_label"}.get(field, field)
    arms = ("scratch", HOSTILE if field == "arm" else "finetune")
    given = {} if field == "arm" else {changed: HOSTILE}
    shown = without_code(page(judged(records(arms=arms, **given)), {}, {}))
    assert HOSTILE not in shown
    assert "<img" not in shown
    assert HOSTILE in escaping.unescape(shown)
    (data,) = re.findall(r'id="data">(.*?)</script>', shown, flags=re.DOTALL)
    assert field == "label" or HOSTILE in json.dumps(json.loads(data)).replace('\\"', '"')


def test_what_a_task_says_of_itself_is_escaped(tmp_path):
    task = write_task(tmp_path, title=HOSTILE, description=HOSTILE, licence=HOSTILE)
    samples = {"toy": [Sample(HOSTILE, "data:image/webp;base64,AAAA")]}
    shown = without_code(page(judged(records()), {"toy": task}, samples))
    assert HOSTILE not in shown
    assert (
        shown.count(
            str(escaping.escape(HOSTILE)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        )
        == 4
    )
    assert shown.count("<img") == 1


def test_a_page_without_records_says_how_to_make_some():
    assert "make bench" in page([], {}, {})


def test_the_same_boards_give_the_same_page(boards, html):
    assert page(boards, {}, {}) == html


def test_a_task_that_is_only_for_choosing_says_so(tmp_path):
    task = write_task(tmp_path)
    chosen = task.model_copy(update={"development": True})
    assert "development task" in page(judged(records()), {"toy": chosen}, {})
    assert "development task" not in page(judged(records()), {"toy": task}, {})


def test_every_table_has_a_caption_and_every_header_a_scope(html):
    own = without_code(html)
    assert own.count("<table") == own.count("<caption>")
    assert not re.search(r"<th(?![^>]*scope=)[ >]", own)


def test_a_board_can_stand_for_scratch_alone(boards):
    (board,) = judged(records(arms=("scratch",)))
    alone = page([dataclasses.replace(board, task="alone")], {}, {})
    assert "not compared" in alone
    assert 'id="gains"' not in alone
