import pytest
from made_boards import HELPS, NO_HELP, board, boards, verdict

from benchmark.pages.statements import page as claims_page
from benchmark.pages.statements.claims import STATEMENTS, claims

FOUND = [verdict("stops", [HELPS, NO_HELP, NO_HELP], 5.0, 2.0, 9.0)] * 5


@pytest.fixture
def page():
    return claims_page.page(boards(*FOUND), {"task4"})


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: one.key)
def test_every_statement_has_its_verdict_in_bold_and_how_it_is_measured(page, statement):
    section = page.partition(f"## {statement.says.rstrip('.')}\n\n")[2].partition("\n## ")[0]
    measured, _, verdict = section.partition("\n\n### net\n\n")
    claim = claims(boards(*FOUND), {"task4"})[statement]["net"]
    assert "*" in measured
    assert verdict.startswith(f"**{claim.headline}.** {claim.reason}\n")


def test_what_is_not_measured_says_with_what_it_can_be(page):
    assert 'ARMS="scratch finetune scratch_dropout"' in page
    assert "make explain TASK=... BACKBONE=..." in page


def test_the_page_says_what_its_counts_are_not(page):
    assert "no random sample of all tasks" in page
    assert "task4 (development)" in page


def test_crossovers_without_a_certificate_are_listed(page):
    assert "- task0: the crossover at N = 5 has no certificate that holds (not audited)" in page


def test_few_tasks_are_admitted(page):
    assert "Few tasks that count" not in page
    assert "recorded yet: 1 with net" in claims_page.page([board("a"), board("b")], {"b"})


def test_without_records_the_page_says_so():
    assert "There are no records" in claims_page.page([], ())
