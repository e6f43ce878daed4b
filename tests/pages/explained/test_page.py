import re

import pytest
from made_findings import finding, findings

from benchmark.errors import UserError
from benchmark.pages.explained import page as explained
from benchmark.pages.explained import settings
from benchmark.records.explained.finding import QUESTIONS


@pytest.fixture
def undrawn(monkeypatch):
    """Drawing takes most of the time, and most tests look at no figure."""
    monkeypatch.setattr(explained, "_drawn", lambda make, path: path)


@pytest.fixture
def page(undrawn, tmp_path):
    def page(found):
        explained.write(found, tmp_path)
        return (tmp_path / "README.md").read_text()

    return page


@pytest.fixture
def text(page):
    return page(findings())


def test_each_question_has_its_section_its_rule_and_an_answer_at_each_n(text):
    for section in explained.SECTIONS:
        own = text.partition(f"\n## {section.title}\n")[2].partition("\n## ")[0]
        rule, _, answers = own.partition("\n### toy, `net`\n")
        assert "*" in rule
        assert re.findall(r"^- N = (\d+): ", answers, re.MULTILINE) == ["2", "20"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_its_figure_is_there(question, tmp_path):
    explained.write([finding(question), finding(question, seed=1)], tmp_path)
    shown = re.findall(r"\]\((figures/.*?)\)", (tmp_path / "README.md").read_text())
    assert shown == [f"figures/toy--net--{question}.svg"]
    assert (tmp_path / shown[0]).read_bytes().startswith(b"<?xml")


def test_the_same_findings_give_the_same_bytes(tmp_path):
    first, again = (
        [path.read_bytes() for path in explained.write([finding("compression")], tmp_path / out)]
        for out in ("first", "again")
    )
    assert first == again


def verdicts(text, n=2):
    """The overview: one verdict for each question."""
    row = re.compile(rf"^\| .*? \| toy, `net` +\| {n} +\| (.*?) +\|$", re.MULTILINE)
    return row.findall(text)


def test_made_up_numbers_get_the_answers_that_they_were_made_up_for(text):
    assert verdicts(text) == [
        "two basins",
        "regularises: yes; makes optimisation easier: yes",
        "features",
        "of 3 blocks 2 reused, 1 not, 0 undecided",
        "`autoencoder`: no; `autoencoder_all`: no",
    ]
    assert "- N = 2: **reused**: stem, layer1.0; **not reused**: head." in text
    assert "To get there random weights need 2 [2, 2] times as many views" in text


def test_trainings_that_could_have_used_more_views_are_told(text):
    assert "The loss was still falling at the end of `scratch` (2 of 3)." in text


def test_the_settings_of_each_arm_are_shown_and_old_ones_told(page, monkeypatch):
    def chosen(backbone, arm, n):
        return {"learning_rate": 0.01 if n == 2 else 0.03}

    monkeypatch.setattr(settings, "settings_for", chosen)
    table = page(findings()).partition("\n## Settings\n")[2]
    rows = [[cell.strip() for cell in row.split("|")] for row in table.splitlines() if "toy" in row]
    assert [(row[3], row[4], row[7], row[-2]) for row in rows] == [
        ("2", "scratch", "0.01", ""),
        ("20", "scratch", "0.01", "chosen anew since"),
    ]


def test_one_seed_decides_nothing(page):
    basin, effect, scale, reuse, compression = verdicts(page(findings(seeds=1)))
    assert basin == scale == "undecided"
    assert effect == "regularises: undecided; makes optimisation easier: undecided"
    assert reuse == "of 3 blocks 0 reused, 0 not, 3 undecided"
    assert compression == "`autoencoder`: undecided; `autoencoder_all`: undecided"


def test_a_training_that_diverged_is_told_where_its_answer_would_be(page):
    reason = "the training scratch diverged: the loss <b> was not finite"
    failed = finding("basin", seed=1, answer=None, reason=reason)
    shown = page([finding("basin"), failed])
    assert "N = 2, seed 1: no answer, the training scratch diverged: the loss \\<b\\> was" in shown
    assert "no answer" in page([failed])


def test_without_findings_the_page_says_how_to_get_them(page):
    assert "run `make explain`" in page([])


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "figures").write_text("in the way")
    with pytest.raises(UserError, match="cannot write the page"):
        explained.write([finding("compression")], tmp_path)
