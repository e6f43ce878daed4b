"""What the repository shows of its own records is what they say."""

import re

import pytest
from toy import CHECKOUT

from benchmark.cli.main import main
from benchmark.defaults import RECORDED

pytestmark = pytest.mark.slow

RESULTS = CHECKOUT / "results"
INTERVAL = re.compile(r"[+-]?\d+\.\d \[[+-]?\d+\.\d, [+-]?\d+\.\d\]")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    main(["leaderboard", "--records", str(RECORDED), "--out", str(out)])
    return {path.relative_to(out): path for path in out.rglob("*.*")}


def test_pages_tables_and_figures_are_rebuilt_byte_for_byte(rebuilt):
    stale = [str(n) for n, p in rebuilt.items() if p.read_bytes() != (RESULTS / n).read_bytes()]
    assert stale == [], "make leaderboard rebuilds them"


def test_every_figure_belongs_to_a_board_or_to_an_answer(rebuilt):
    folders = RESULTS / "figures", RESULTS / "explain/figures"
    shown = {path.relative_to(RESULTS) for folder in folders for path in folder.iterdir()}
    assert shown == {name for name in rebuilt if name.parent.name == "figures"}


def test_the_numbers_of_the_readme_are_in_the_pages():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    example = readme.partition("A worked example")[2].partition("At N = 1")[0]
    records = readme.partition("## What the records say")[2].partition("\n## ")[0]
    for text, shown, count in ((example, page.partition("## Digits:")[2], 12), (records, page, 5)):
        numbers = INTERVAL.findall(text)
        assert len(numbers) == count
        assert [number for number in numbers if number not in shown] == []


def test_the_verdict_of_the_readme_and_its_evidence_are_those_of_the_page():
    readme = " ".join((CHECKOUT / "README.md").read_text(encoding="utf-8").split())
    page = (RESULTS / "README.md").read_text(encoding="utf-8").partition("## Digits:")[2]
    verdict = re.search(r"- (finetune: .*?\))\. ", page)[1]
    evidence = re.search(r"it rests on gains (.*)", page)[1]
    assert verdict.replace("*", r"\*") in readme
    assert evidence.replace("*", r"\*") in readme
