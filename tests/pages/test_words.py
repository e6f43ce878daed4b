"""Words for values: verdicts, certificates, refusals, notes."""

import dataclasses

import pytest
from made_boards import HELPS, NO_HELP, UNSURE, board, verdict

from benchmark.analysis.certificate import Certificate
from benchmark.analysis.grounds import Grounds, Stretch
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


def test_a_certificate_shows_an_arms_name_as_it_is_told_to():
    comparison = audited("void", ("<arm> steps-x2",))
    assert words.certificate_status(comparison) == r"void: \<arm\> under-trained"
    assert words.certificate_status(comparison, str) == "void: <arm> under-trained"


@pytest.mark.parametrize("kind", ["stops", "helps_throughout", "never_helps", "hurts", "undecided"])
def test_every_verdict_has_words_and_a_reason(kind):
    found = verdict(kind, [HELPS] * 3, crossover=3.0, low=2.0, high=4.0, hurts_from=9.0)
    assert words.verdict_text(found)
    assert words.reason(found).endswith(".")


def test_one_n_that_seems_to_help_is_said_to_prove_little():
    alone, none = (verdict(gains=[g, NO_HELP, NO_HELP], high=9.0) for g in (HELPS, UNSURE))
    assert "of several N, one may look so by chance" in words.reason(alone)
    assert "by chance" not in words.reason(none)


def test_a_verdict_is_about_the_arm():
    abouts = [words.subject(arm) for arm in ("finetune", "probe", "a`b", "")]
    assert abouts == ["fine-tuning", "the probe", "the arm `` a`b ``", "pretraining"]
    found = verdict("never_helps", [HELPS] * 3)
    assert words.verdict_text(found, "the probe") == "the probe never helps"
    assert words.reason(found, "the probe").startswith("The probe does not help: ")


@pytest.mark.parametrize(
    ("crossover", "low", "high", "says"),
    [
        (3.0, 2.0, 4.0, "The probe stops helping at about 3 images per class, and from about 9"),
        (None, None, None, "The probe does not help: from about 9 images per class on it costs"),
        (None, None, 4.0, "The probe hurts: from about 9 images per class on it costs"),
    ],
)
def test_what_hurts_does_not_help_unless_it_did_or_may_have_done_so(crossover, low, high, says):
    found = verdict("hurts", [HELPS] * 3, crossover, low, high, hurts_from=9.0)
    assert words.reason(found, "the probe").startswith(says)


HELPED = Stretch(1, 2, 0.081, 0.009, 0.153)
GONE = Stretch(20, 100, -0.001, -0.004, 0.002)


@pytest.mark.parametrize(
    ("grounds", "shown"),
    [
        (
            (HELPED, GONE, (5, 10)),
            "below N*: +8.1 [+0.9, +15.3] up to N=2; from N=20: -0.1 [-0.4, +0.2]; "
            "between: not resolved at N=5, 10",
        ),
        (
            (HELPED, None, (5, 10)),
            "below N*: +8.1 [+0.9, +15.3] up to N=2; not resolved at N=5, 10",
        ),
        ((None, GONE, ()), "from N=20: -0.1 [-0.4, +0.2]"),
        ((None, None, (1,)), "not resolved at N=1"),
    ],
)
def test_the_evidence_names_the_gains_on_both_sides_and_the_n_that_are_not_resolved(grounds, shown):
    found = dataclasses.replace(verdict("stops"), grounds=Grounds(*grounds))
    assert words.evidence(found) == shown
