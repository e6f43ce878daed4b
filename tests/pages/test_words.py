"""Words for values: verdicts, certificates, refusals, notes."""

import dataclasses

import pytest
from made_boards import HELPS, board, verdict
from toy import record

from benchmark.analysis.board import boards
from benchmark.analysis.certificate import Certificate
from benchmark.analysis.scores import score_of
from benchmark.pages import words


def audited(status, better, doubt=None):
    found = board("task", verdict("helps_throughout", [HELPS] * 3))
    comparison = found.comparisons["finetune"]
    certificate = Certificate(status, better, doubt)
    return dataclasses.replace(comparison, certificate=certificate)


def test_every_arm_that_was_trained_badly_is_named():
    better = ("finetune rate-x3", "scratch steps-x2", "scratch rate-x3")
    shown = words.certificate_text(audited("void", better))
    listed = ", ".join(better)
    assert shown == f"void: finetune and scratch under-trained ({listed} are better)"


def test_one_better_setting_is_named_alone():
    shown = words.certificate_text(audited("void", ("scratch steps-x2",)))
    assert shown == "void: scratch under-trained (scratch steps-x2 is better)"


def test_an_unsettled_certificate_names_what_was_still_falling():
    shown = words.certificate_text(audited("unsettled", ("scratch steps-x2",), "still_falling"))
    assert shown == "unsettled (scratch steps-x2 lowers the gain and was still falling)"


@pytest.mark.parametrize("kind", ["stops", "helps_throughout", "never_helps", "hurts", "undecided"])
def test_every_verdict_has_words_and_a_reason(kind):
    found = verdict(kind, [HELPS] * 3, crossover=3.0, low=2.0, high=4.0, hurts_from=9.0)
    assert words.verdict_text(found)
    assert words.reason(found).endswith(".")


def test_an_arm_that_is_no_pretraining_is_called_by_its_name():
    found = [record(), record("other", pretrained=False), record("probe")]
    (made,) = boards(map(score_of, found))
    abouts = [words.subject(arm.pretrained, name) for name, arm in made.arms.items()]
    assert abouts == ["`scratch`", "`other`", "pretraining"]
    found = verdict("never_helps", [HELPS] * 3)
    assert words.verdict_text(found, "`other`") == "`other` never helps"
