import dataclasses
import re

import pytest
from made_findings import finding, findings

from benchmark.errors import UserError
from benchmark.pages.explained import page as explained
from benchmark.records.explained.finding import QUESTIONS


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("explain")
    return out, explained.write(findings(), out)


@pytest.fixture(scope="module")
def text(written):
    return (written[0] / "README.md").read_text()


def test_each_question_has_its_section_its_rule_and_an_answer_at_each_n(text):
    for section in explained.SECTIONS:
        own = text.partition(f"\n## {section.title}\n")[2].partition("\n## ")[0]
        rule, _, answers = own.partition("\n### toy, `net`\n")
        assert "*" in rule
        assert re.findall(r"^- N = (\d+): ", answers, re.MULTILINE) == ["2", "20"]


def test_every_figure_of_the_page_is_there_as_svg_and_as_png(written, text):
    out, _ = written
    shown = re.findall(r"\]\((figures/.*?)\)", text)
    assert len(shown) == len(QUESTIONS)
    for figure in shown:
        assert (out / figure).read_bytes().startswith(b"<?xml")
        assert (out / figure).with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_same_findings_give_the_same_bytes(written, tmp_path):
    out, paths = written
    explained.write(findings(), tmp_path)
    assert all((tmp_path / p.relative_to(out)).read_bytes() == p.read_bytes() for p in paths)


def verdicts(text, n=2):
    """The overview: one verdict for each question."""
    row = re.compile(rf"^\| .*? \| toy, `net` +\| {n} +\| (.*?) +\|$", re.MULTILINE)
    return row.findall(text)


def test_made_up_numbers_get_the_answers_that_they_were_made_up_for(text):
    assert verdicts(text) == [
        "two basins",
        "regularises: yes; makes optimisation easier: yes",
        "features",
        "of 3 blocks reused: 2, not: 1",
        "`autoencoder`: no; `autoencoder_all`: no",
    ]
    assert "- N = 2: **reused**: stem, layer1.0; **not reused**: head." in text
    assert "To get there scratch needs 2 [2, 2] times as many views" in text


def test_one_seed_decides_nothing(tmp_path):
    explained.write(findings(seeds=1), tmp_path)
    basin, effect, scale, reuse, compression = verdicts((tmp_path / "README.md").read_text())
    assert basin == scale == "undecided"
    assert effect == "regularises: undecided; makes optimisation easier: undecided"
    assert reuse == "of 3 blocks reused: 0, not: 0"
    assert compression == "`autoencoder`: undecided; `autoencoder_all`: undecided"


def test_a_training_that_diverged_is_told_where_its_answer_would_be(tmp_path):
    reason = "the training scratch diverged: the loss <b> was not finite"
    failed = finding("basin", seed=1, answer=None, reason=reason)
    explained.write([finding("basin"), failed], tmp_path)
    page = (tmp_path / "README.md").read_text()
    assert "N = 2, seed 1: no answer, the training scratch diverged: the loss \\<b\\> was" in page
    only = dataclasses.replace(failed, cell=finding("basin").cell)
    explained.write([only], tmp_path)
    assert "no answer" in (tmp_path / "README.md").read_text()


def test_without_findings_the_page_says_how_to_get_them(tmp_path):
    explained.write([], tmp_path)
    assert "run `make explain`" in (tmp_path / "README.md").read_text()


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "figures").write_text("in the way")
    with pytest.raises(UserError, match="cannot write the page"):
        explained.write(findings(seeds=1, sizes=(2,)), tmp_path)
